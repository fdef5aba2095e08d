// The status bar: whether the folder in front of the user is being recorded.

import * as vscode from "vscode";
import { COMMANDS, NAME } from "./constants";
import { LEVEL_WORDS, type Consent } from "./consent";
import { activeFolder } from "./folders";
import type { RecorderStatus, State } from "./observation";

const ICONS: Readonly<Record<State, string>> = {
    off: "circle-slash",
    recording: "record",
    paused: "debug-pause",
    offline: "debug-disconnect",
};

const OFF: RecorderStatus = { state: "off", detail: "" };

export class StatusBar implements vscode.Disposable {
    private readonly item: vscode.StatusBarItem;
    private readonly listener: vscode.Disposable;
    private readonly statuses = new Map<string, RecorderStatus>();

    constructor(private readonly consent: Consent) {
        this.item = vscode.window.createStatusBarItem("pairlog.status", vscode.StatusBarAlignment.Left);
        this.item.name = NAME;
        this.item.command = COMMANDS.chooseConsent;
        this.listener = vscode.window.onDidChangeActiveTextEditor(() => this.render());
        this.render();
        this.item.show();
    }

    /** The folder's recorder told how it does; without a status, there is no recorder any more. */
    tell(folder: vscode.WorkspaceFolder, status: RecorderStatus = OFF): void {
        this.statuses.set(folder.uri.toString(), status);
        this.render();
    }

    dispose(): void {
        this.listener.dispose();
        this.item.dispose();
    }

    private render(): void {
        const folder = activeFolder();
        const { state, detail } = (folder && this.statuses.get(folder.uri.toString())) ?? OFF;
        this.item.text = `$(${ICONS[state]}) ${NAME}: ${state}`;
        this.item.tooltip = folder ? this.explain(folder, detail) : "Open a folder to record in it.";
    }

    private explain(folder: vscode.WorkspaceFolder, detail: string): string {
        const chosen = `In ${folder.name} you chose: ${LEVEL_WORDS[this.consent.of(folder).level]}.`;
        return [chosen, detail, "Click to choose again."].filter(Boolean).join("\n");
    }
}
