// Inline completions: what became of the recorder's own, and, where the user asks for it, of other extensions'.
//
// The editor's commands for suggestions belong to no extension. To see what becomes of others' suggestions, they
// are wrapped: the change that one makes is what was taken. Stable VS Code offers nothing else (docs/completions.md).

import * as vscode from "vscode";
import { COMPLETION_ACCEPTED, COMPLETION_REJECTED, OFFERS_COMPLETIONS, REJECT_COMPLETION } from "./constants";
import type { Recorders } from "./recorders";
import { readSettings } from "./settings";

const HIDE = "editor.action.inlineSuggest.hide";
const PHASES = {
    "editor.action.inlineSuggest.commit": "accepted",
    "editor.action.inlineSuggest.acceptNextWord": "partly_accepted",
    "editor.action.inlineSuggest.acceptNextLine": "partly_accepted",
    [HIDE]: "rejected",
} as const;
type Wrapped = keyof typeof PHASES;

export class Completions implements vscode.Disposable {
    private readonly subscriptions: vscode.Disposable[];
    private readonly wrapped = new Map<Wrapped, vscode.Disposable>();
    private readonly session = Math.random().toString(36).slice(2, 10);
    private count = 0;

    constructor(private readonly recorders: Recorders) {
        this.subscriptions = [
            vscode.commands.registerCommand(COMPLETION_ACCEPTED, (id: unknown, uri: unknown) => this.accepted(id, uri)),
            vscode.commands.registerCommand(REJECT_COMPLETION, () => this.reject()),
        ];
        if (readSettings().observeOtherCompletions) {
            (Object.keys(PHASES) as Wrapped[]).forEach((command) => this.wrap(command));
        }
        recorders.onDidStart(() => this.announce());
    }

    dispose(): void {
        vscode.Disposable.from(...this.subscriptions, ...this.wrapped.values()).dispose();
    }

    /** Have the Escape key come here only where there is something to tell. */
    private announce(): void {
        void vscode.commands.executeCommand("setContext", OFFERS_COMPLETIONS, this.recorders.offerCompletions());
    }

    private async accepted(id: unknown, uri: unknown): Promise<void> {
        if (typeof id === "string" && typeof uri === "string") {
            await this.recorders.of(vscode.Uri.parse(uri))?.order(COMPLETION_ACCEPTED, [id, uri]);
        }
    }

    private async reject(): Promise<void> {
        const document = vscode.window.activeTextEditor?.document;
        await vscode.commands.executeCommand(HIDE);
        if (document) {
            await this.recorders.of(document.uri)?.order(COMPLETION_REJECTED, [document.uri.toString()]);
        }
    }

    private wrap(command: Wrapped): void {
        this.wrapped.set(
            command,
            vscode.commands.registerCommand(command, async (...words: unknown[]) => {
                // The original answers to the name again while this one steps aside.
                this.wrapped.get(command)?.dispose();
                try {
                    await this.observe(PHASES[command], () =>
                        vscode.commands.executeCommand(command, ...words),
                    );
                } finally {
                    this.wrap(command);
                }
            }),
        );
    }

    private async observe(phase: (typeof PHASES)[Wrapped], original: () => Thenable<unknown>): Promise<void> {
        const document = vscode.window.activeTextEditor?.document;
        const observer = document && this.recorders.of(document.uri)?.otherCompletions;
        if (!document || !observer) {
            await original();
            return;
        }
        const id = `other-${this.session}-${(this.count += 1)}`;
        const made = await observer.because({ cause: "completion", evidence: "observed", ref: id }, original);
        if (made || phase === "rejected") {
            const place = made?.range.start;
            observer.tell({
                type: "completion",
                id,
                phase,
                uri: document.uri.toString(),
                surface: "inline",
                ...(made && place && { text: made.text, position: [place.line, place.character] }),
                evidence: "observed",
            });
        }
    }
}
