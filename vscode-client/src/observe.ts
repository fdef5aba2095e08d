// Tells the recorder what LSP does not: undo and redo, cursors and selections, the window's focus.

import * as vscode from "vscode";
import { impliedCursor, isImplied } from "./cursor";
import type { Cause, Observation, Selection } from "./observation";
import { Throttle } from "./throttle";

const SELECT_INTERVAL_MS = 200;

const CAUSES = new Map([
    [vscode.TextDocumentChangeReason.Undo, "undo" as const],
    [vscode.TextDocumentChangeReason.Redo, "redo" as const],
]);

export class Observer implements vscode.Disposable {
    private readonly implied = new Map<string, Selection>();
    /** Why the next change happens, where the editor does not say it, and who waits for that change. */
    private awaited: { reason: Omit<Cause, "type" | "uri">; change?: vscode.TextDocumentContentChangeEvent } | undefined;
    private readonly opened = new Set<string>();
    private readonly selections: Throttle<Observation>;
    private readonly subscriptions: vscode.Disposable[];

    constructor(readonly send: (observation: Observation) => void) {
        this.selections = new Throttle(SELECT_INTERVAL_MS, send);
        this.subscriptions = [
            vscode.window.onDidChangeTextEditorSelection((event) => this.selected(event)),
            vscode.window.onDidChangeWindowState((state) => this.focused(state)),
        ];
    }

    /** Let go of this too in the end. */
    keep(disposable: vscode.Disposable): void {
        this.subscriptions.push(disposable);
    }

    /** A recorder is there, for the first time or anew: say how the window stands. */
    begin(): void {
        this.focused(vscode.window.state);
    }

    /** The document was opened at the recorder, so that it can be spoken of. */
    open(document: vscode.TextDocument): void {
        this.opened.add(document.uri.toString());
    }

    /** The document is about to be closed at the recorder. */
    close(document: vscode.TextDocument): void {
        const uri = document.uri.toString();
        this.selections.flush(uri);
        this.selections.forget(uri);
        this.implied.delete(uri);
        this.opened.delete(uri);
    }

    /** A didChange is about to be sent: first say where the cursor was, and why the change happens. */
    change(event: vscode.TextDocumentChangeEvent): void {
        const uri = event.document.uri.toString();
        this.selections.flush(uri);
        const [only, second] = event.contentChanges;
        if (only && !second) {
            this.implied.set(uri, impliedCursor(only));
        } else {
            this.implied.delete(uri);
        }
        const cause = event.reason === undefined ? undefined : CAUSES.get(event.reason);
        if (cause) {
            this.send({ type: "cause", uri, cause, evidence: "reported" });
        } else if (this.awaited && !this.awaited.change && only) {
            this.awaited.change = only;
            this.send({ type: "cause", uri, ...this.awaited.reason });
        }
    }

    /** The first change made while `action` runs has this reason; returns it. Somebody may type on meanwhile. */
    async because(
        reason: Omit<Cause, "type" | "uri">,
        action: () => Thenable<unknown>,
    ): Promise<vscode.TextDocumentContentChangeEvent | undefined> {
        const awaited: NonNullable<Observer["awaited"]> = { reason };
        this.awaited = awaited;
        try {
            await action();
        } finally {
            this.awaited = undefined;
        }
        return awaited.change;
    }

    /** Tell the recorder of a document that it knows. */
    tell(observation: Observation & { uri?: string }): void {
        if (observation.uri === undefined || this.opened.has(observation.uri)) {
            this.send(observation);
        }
    }

    /** Sends what still waits, then falls silent. */
    dispose(): void {
        this.selections.close();
        vscode.Disposable.from(...this.subscriptions).dispose();
    }

    private selected(event: vscode.TextEditorSelectionChangeEvent): void {
        const uri = event.textEditor.document.uri.toString();
        if (!this.opened.has(uri)) {
            return;
        }
        const selections = event.selections.map(
            ({ anchor, active }): Selection => [anchor.line, anchor.character, active.line, active.character],
        );
        const implied = this.implied.get(uri);
        this.implied.delete(uri);
        if (isImplied(selections, implied)) {
            this.selections.forget(uri);
        } else {
            this.selections.offer(uri, { type: "select", uri, selections });
        }
    }

    private focused(state: vscode.WindowState): void {
        this.send({ type: "focus", focused: state.focused });
    }
}
