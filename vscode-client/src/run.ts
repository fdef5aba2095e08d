// One run of a program, told to the recorder: its start at once, its output and its end when it is over.

import { randomUUID } from "node:crypto";
import type { Run as RunObservation } from "./generated/observations";
import { Output } from "./output";

export type Kind = NonNullable<RunObservation["kind"]>;
export type Tell = (observation: RunObservation) => void;

export interface Command {
    text: string;
    /** The editor guessed it from what stands in a terminal. */
    isGuessed?: boolean;
}

export class Run {
    readonly output = new Output();
    private readonly about: Pick<RunObservation, "type" | "id" | "kind" | "evidence">;
    private readonly started: number;
    private isOver = false;

    constructor(
        private readonly tell: Tell,
        kind: Kind,
        command: Command,
        private readonly now: () => number = () => performance.now(),
        id: string = `vscode-${randomUUID()}`,
    ) {
        this.about = { type: "run", id, kind, evidence: command.isGuessed ? "inferred" : "reported" };
        this.started = now();
        tell({ ...this.about, phase: "started", command: command.text });
    }

    /** It is over; a second end is none. The exit code is left out where nobody knows it. */
    end(exitCode?: number): void {
        if (this.isOver) {
            return;
        }
        this.isOver = true;
        const printed = this.output.toString();
        if (printed.trim()) {
            this.tell({ ...this.about, phase: "output", output: printed });
        }
        const duration_ms = Math.round(this.now() - this.started);
        const exit_code = Number.isInteger(exitCode) ? { exit_code: exitCode } : {};
        this.tell({ ...this.about, phase: "ended", ...exit_code, duration_ms });
    }
}
