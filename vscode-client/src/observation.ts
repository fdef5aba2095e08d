// What this client says through `pairlog/observe` and hears through `pairlog/status` (docs/protocol.md).

import type { Observed, Select } from "./generated/observations";

export type Selection = Select["selections"][number];

/** Why the next didChange of a document happens. */
export interface Cause {
    type: "cause";
    uri: string;
    cause: "undo" | "redo" | "completion";
    evidence: "reported" | "observed";
    /** The id of the completion. */
    ref?: string;
}

export type Observation = Cause | Observed;

export type State = "off" | "recording" | "paused" | "offline";

export interface RecorderStatus {
    state: State;
    session?: string | null;
    detail: string;
}

/** The level that a person chose for a folder, from the least to the most, and who may use what is recorded there. */
export const LEVELS = ["off", "metadata", "content", "workspace"] as const;
export type Level = (typeof LEVELS)[number];
export type Use = "private" | "research" | "public";

export interface Choice {
    level: Level;
    use: Use;
    /** The wording that it was made under; choices of the first one do not say it. */
    policy?: string;
}

/** Whether `after` lets less be recorded than `before`. */
export function isLowered(before: Choice, after: Choice): boolean {
    return LEVELS.indexOf(after.level) < LEVELS.indexOf(before.level);
}
