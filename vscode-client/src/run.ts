// One run of a program, told to the recorder: its start at once, its output and its end when it is over.

import { randomUUID } from "node:crypto";
import type { Run as RunObservation } from "./generated/observations";
import { Output } from "./output";

export type Kind = NonNullable<RunObservation["kind"]>;
/** `ms_ago`: how long ago a run began that is told as `started`. */
export type Tell = (observation: RunObservation & { ms_ago?: number }) => void;

export interface Command {
    text: string;
    /** The editor guessed it from what stands in a terminal. */
    isGuessed?: boolean;
    /** When it began, by the run's clock, where that is not just now. */
    began?: number;
}

/** The last of an output may come behind the end of its program. */
const LAST_WORDS_MS_MAX = 500;

export class Run {
    readonly output = new Output();
    private readonly heard: Promise<void>[] = [];
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
        this.started = command.began ?? now();
        const ms_ago = command.began === undefined ? {} : { ms_ago: Math.round(now() - command.began) };
        tell({ ...this.about, phase: "started", command: command.text, ...ms_ago });
    }

    /** Keep what this says. */
    follow(pieces: AsyncIterable<string>): void {
        this.heard.push(this.hear(pieces));
    }

    /** It is over; a second end is none. The exit code is left out where nobody knows it. */
    async end(exitCode?: number): Promise<void> {
        if (this.isOver) {
            return;
        }
        this.isOver = true;
        const duration_ms = Math.round(this.now() - this.started);
        if (this.heard.length > 0) {
            const patience = new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS_MAX));
            await Promise.race([Promise.all(this.heard), patience]);
        }
        const printed = this.output.toString();
        if (printed.trim()) {
            this.tell({ ...this.about, phase: "output", output: printed });
        }
        const exit_code = Number.isInteger(exitCode) ? { exit_code: exitCode } : {};
        this.tell({ ...this.about, phase: "ended", ...exit_code, duration_ms });
    }

    private async hear(pieces: AsyncIterable<string>): Promise<void> {
        try {
            for await (const piece of pieces) {
                this.output.add(piece);
            }
        } catch {
            // The terminal is gone; what was heard until then stands.
        }
    }
}
