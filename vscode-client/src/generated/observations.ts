// Generated from pairlog/events.py by `make gen`. What a client may send: docs/protocol.md.

/** Cursors and selections of a document; the first one is the main one. */
export interface Select {
  type: "select";
  uri: string;
  selections: Array<[number, number, number, number]>;
}

/** The lines of a document that can be seen, both ends included. */
export interface View {
  type: "view";
  uri: string;
  first: number;
  last: number;
}

/** The editor's window won or lost the focus. */
export interface Focus {
  type: "focus";
  focused: boolean;
}

/** One phase in the life of a suggestion; the phases of one suggestion share an `id`. `rival` is the suggestion of another model for the same place; of two rivals one was shown. */
export interface Completion {
  type: "completion";
  id: string;
  phase: "requested" | "shown" | "accepted" | "partly_accepted" | "rejected" | "ignored" | "typed_through";
  uri?: string;
  provider?: string;
  model?: string;
  surface?: "inline" | "popup" | "next-edit" | "chat";
  position?: [number, number];
  text?: string;
  latency_ms?: number;
  rival?: string;
  reason?: string;
  evidence?: "reported" | "observed" | "inferred";
}

/** A step of an agent or a chat; `id` ties its edits to it through `ref`. `at`: when it happened, as `t` counts, where the line was written later; negative before the session. */
export interface Agent {
  type: "agent";
  id: string;
  phase: "prompt" | "message" | "tool_call" | "tool_result";
  conversation?: string;
  parent?: string;
  provider?: string;
  model?: string;
  tool?: string;
  paths?: Array<string>;
  text?: string;
  evidence?: "reported" | "observed" | "inferred";
  at?: number;
}

/** A program that was run; `saw` maps a document to the seq of the text on disk that it saw. `parent` is the run that started this one: the terminal's or the task's of a test run. */
export interface Run {
  type: "run";
  id: string;
  phase: "started" | "output" | "ended";
  kind?: "task" | "terminal" | "debug" | "test";
  command?: string;
  output?: string;
  exit_code?: number;
  duration_ms?: number;
  saw?: Record<string, number>;
  parent?: string;
  evidence?: "reported" | "observed" | "inferred";
}

/** The result of one test of a run. */
export interface Test {
  type: "test";
  run: string;
  test: string;
  outcome: "passed" | "failed" | "error" | "skipped" | "xfailed" | "xpassed";
  duration_ms?: number;
  message?: string;
  path?: string;
  line?: number;
  output?: string;
  evidence?: "reported" | "observed" | "inferred";
}

/** What the checkers say of a document: counts, and the entries that changed. */
export interface Diagnostics {
  type: "diagnostics";
  uri: string;
  counts: Record<string, number>;
  added?: Array<Record<string, unknown>>;
  removed?: Array<Record<string, unknown>>;
}

/** A comment of a review. */
export interface Review {
  type: "review";
  id: string;
  phase: "added" | "changed" | "removed";
  uri?: string;
  path?: string;
  range?: [number, number, number, number];
  text?: string;
  author?: string;
  state?: "commented" | "approved" | "changes_requested" | "resolved";
}

/** A rating of, or a reason for what became of, a suggestion or an agent's step. */
export interface Feedback {
  type: "feedback";
  ref: string;
  rating?: number;
  reason?: string;
}

/** A note on a place in the code. */
export interface Annotation {
  type: "annotation";
  id: string;
  phase: "added" | "changed" | "removed";
  uri?: string;
  range?: [number, number, number, number];
  level?: "line" | "segment" | "function";
  symbol?: string;
  kind?: "purpose" | "design" | "function";
  text?: string;
  author?: string;
  confidence?: number;
}

/** A named command of the editor that matters to the story. */
export interface Command {
  type: "command";
  id: string;
  name: string;
  uri?: string;
}

export type Observed =
  | Select
  | View
  | Focus
  | Completion
  | Agent
  | Run
  | Test
  | Diagnostics
  | Review
  | Feedback
  | Annotation
  | Command;
