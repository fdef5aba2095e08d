// What a person allows for a workspace folder: asked once, in plain words, off until chosen.
//
// The choice is kept in the editor's own global state under the folder's address, never in a setting: a
// cloned repository must not be able to start a recording.

import * as vscode from "vscode";
import { NAME, POLICY } from "./constants";
import type { Choice, Level, Use } from "./observation";
import { readSettings } from "./settings";

const OFF: Choice = { level: "off", use: "private" };

// The first one is what the Enter key takes: nobody starts a recording by reflex.
const ANSWERS: ReadonlyMap<string, Level> = new Map([
    ["Do not record", "off"],
    ["Record times and sizes", "metadata"],
    ["Record edits", "content"],
    ["Record edits and files", "workspace"],
]);

const USES: readonly (vscode.QuickPickItem & { use: Use })[] = [
    { use: "private", label: "Private", description: "only you and whoever runs the collector" },
    { use: "research", label: "Research", description: "also researchers with access to the collector" },
    { use: "public", label: "Public", description: "also anybody, in published datasets" },
];

/** What was chosen, for the dialog and the status bar's tooltip. */
export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
    off: "record nothing",
    metadata: "record times and sizes",
    content: "record edits",
    workspace: "record edits and files",
};

export class Consent {
    constructor(private readonly memory: vscode.Memento) {}

    /** The choice for this folder: off where none was made. */
    of(folder: vscode.WorkspaceFolder): Choice {
        return this.memory.get<Choice>(keyOf(folder)) ?? OFF;
    }

    /** Ask about a folder that was never asked about. Whoever turns the question away is not asked again. */
    async askOnce(folder: vscode.WorkspaceFolder): Promise<void> {
        if (this.memory.get(keyOf(folder)) !== undefined) {
            return;
        }
        const [choose, refuse] = ["Choose…", "Do not record"];
        const answer = await vscode.window.showInformationMessage(
            `${NAME} can record how the code in “${folder.name}” is written. Nothing is recorded until you choose.`,
            choose,
            refuse,
        );
        if (answer === choose) {
            await this.choose(folder);
        }
        // The question may have stood open while the person chose elsewhere: turning it away undoes nothing.
        if (answer === refuse || this.memory.get(keyOf(folder)) === undefined) {
            await this.store(folder, OFF);
        }
    }

    /** Explain the levels and let the person choose one. Returns whether that changes anything. */
    async choose(folder: vscode.WorkspaceFolder): Promise<boolean> {
        const answer = await vscode.window.showInformationMessage(
            `What may ${NAME} record in “${folder.name}”?`,
            { modal: true, detail: explanation(this.of(folder).level, readSettings().collectorUrl) },
            ...ANSWERS.keys(),
        );
        const level = answer === undefined ? undefined : ANSWERS.get(answer);
        const choice = this.of(folder);
        if (level === undefined || level === choice.level) {
            return false;
        }
        await this.store(folder, { ...choice, level });
        return true;
    }

    /** Let the person say who may use what is recorded from now on. Returns whether that changes anything. */
    async chooseUse(folder: vscode.WorkspaceFolder): Promise<boolean> {
        const choice = this.of(folder);
        const title = `Who may use what ${NAME} records in “${folder.name}” from now on?`;
        const picked = await vscode.window.showQuickPick(USES, { title, placeHolder: `Now: ${choice.use}` });
        if (picked === undefined || picked.use === choice.use) {
            return false;
        }
        await this.store(folder, { ...choice, use: picked.use });
        return true;
    }

    private async store(folder: vscode.WorkspaceFolder, choice: Choice): Promise<void> {
        await this.memory.update(keyOf(folder), { ...choice, policy: POLICY });
    }
}

function keyOf(folder: vscode.WorkspaceFolder): string {
    return `consent ${folder.uri.toString()}`;
}

function explanation(level: Level, collectorUrl: string | undefined): string {
    const destination = collectorUrl
        ? `It is written to your disk and sent from there to ${collectorUrl}.`
        : "It is written to your disk, and stays there unless your own pairlog.toml names a collector to send it to.";
    return [
        `Chosen now: ${LEVEL_WORDS[level]}.`,
        "Times and sizes: when something is typed, saved or run, and how long each text is. No text, no name of a file or branch leaves.",
        "Edits: every change to a file of this folder, letter by letter, with its time; saves; where the cursor is; " +
            "whether the window has the focus. What looks like a password or a key is sent as asterisks; no rule knows them all.",
        "Edits and files: also a copy of the files that are under version control, or new and not ignored by it, as they stand when " +
            "recording starts and when something is run.",
        destination,
        "This holds for this folder only. To stop, or to choose again, click “Pairlog” in the status bar.",
    ].join("\n\n");
}
