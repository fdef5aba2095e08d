// Names that the manifest, the recorder and the code share. Nothing is computed here.

export const NAME = "Pairlog";
export const SECTION = "pairlog";
export const PYTHON_MINIMUM: readonly [number, number] = [3, 10];

export const COMMANDS = {
    chooseConsent: "pairlog.chooseConsent",
    chooseUse: "pairlog.chooseUse",
    setToken: "pairlog.setToken",
    restart: "pairlog.restart",
    showLog: "pairlog.showLog",
} as const;

/** The notifications of docs/protocol.md, section 1. */
export const OBSERVE = "pairlog/observe";
export const STATUS = "pairlog/status";
