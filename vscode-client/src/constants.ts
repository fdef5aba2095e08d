// Names that the manifest, the recorder and the code share. Nothing is computed here.

export const NAME = "Pairlog";
export const SECTION = "pairlog";
export const PYTHON_MINIMUM: readonly [number, number] = [3, 10];

export const COMMANDS = {
    chooseConsent: "pairlog.chooseConsent",
    chooseUse: "pairlog.chooseUse",
    setToken: "pairlog.setToken",
    setCompletionKey: "pairlog.setCompletionKey",
    pause: "pairlog.pauseRecording",
    resume: "pairlog.resumeRecording",
    forget: "pairlog.forgetMinutes",
    restart: "pairlog.restart",
    showLog: "pairlog.showLog",
} as const;

/** The version of the wording in consent.ts; `POLICY` in pairlog/consent.py. */
export const POLICY = "2026-11";

/** Commands of the recorder, docs/protocol.md, section 1. */
export const ORDERS = { pause: "pairlog.pause", resume: "pairlog.resume", forget: "pairlog.forget" } as const;

/** A command of the recorder: this client's choice is another one from now on. */
export const CLIENT_CONSENT = "pairlog.clientConsent";

/** Commands of the recorder that the editor runs where a suggestion is accepted, or turned away. */
export const COMPLETION_ACCEPTED = "pairlog.completionAccepted";
export const COMPLETION_REJECTED = "pairlog.completionRejected";
/** This extension's own, for the Escape key while a suggestion can be seen; and whether it is asked to. */
export const REJECT_COMPLETION = "pairlog.rejectCompletion";
export const OFFERS_COMPLETIONS = "pairlog.offersCompletions";

/** The notifications of docs/protocol.md, section 1. */
export const OBSERVE = "pairlog/observe";
export const STATUS = "pairlog/status";
