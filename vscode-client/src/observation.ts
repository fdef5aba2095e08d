// What this client says through `pairlog/observe` and hears through `pairlog/status` (docs/protocol.md).

export type Selection = [anchorLine: number, anchorColumn: number, line: number, column: number];

export interface CauseObservation {
    type: "cause";
    uri: string;
    cause: "undo" | "redo";
    evidence: "reported";
}

export interface SelectObservation {
    type: "select";
    uri: string;
    selections: Selection[];
}

export interface FocusObservation {
    type: "focus";
    focused: boolean;
}

export type Observation = CauseObservation | SelectObservation | FocusObservation;

export type State = "off" | "recording" | "paused" | "offline";

export interface RecorderStatus {
    state: State;
    session?: string | null;
    detail: string;
}

/** The level that a person chose for a folder, and who may use what is recorded there. */
export type Level = "off" | "content" | "workspace";
export type Use = "private" | "research" | "public";

export interface Choice {
    level: Level;
    use: Use;
}
