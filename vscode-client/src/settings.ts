// The user's settings. All of them have the scope `machine`: a workspace cannot set them, and its values
// are not even read here. The token is no setting; it lies in the editor's secret storage.

import * as vscode from "vscode";
import { SECTION } from "./constants";
import { listOf, textOf, type Inspected } from "./user";

const TOKEN_KEY = "pairlog.token";

export interface Settings {
    collectorUrl: string | undefined;
    interpreter: string | undefined;
    /** Globs of files to let in that the deny list, or git, keeps out; and of files to keep out. */
    include: string[];
    exclude: string[];
}

/** The settings as the user, never the workspace, made them. */
export function readSettings(): Settings {
    return {
        collectorUrl: textOf(inspect("collectorUrl")),
        interpreter: textOf(inspect("interpreter")),
        include: listOf(inspect("include")),
        exclude: listOf(inspect("exclude")),
    };
}

/** The collector's token; undefined where none was given. */
export async function readToken(secrets: vscode.SecretStorage): Promise<string | undefined> {
    return (await secrets.get(TOKEN_KEY)) || undefined;
}

/** Ask for the token and keep it; an empty answer removes it. Returns whether there was an answer. */
export async function askForToken(secrets: vscode.SecretStorage): Promise<boolean> {
    const answer = await vscode.window.showInputBox({
        title: "Pairlog: token of the collector",
        prompt: "Made by whoever runs the collector, with `pairlog token create`. Leave empty to remove it.",
        password: true,
        ignoreFocusOut: true,
    });
    if (answer === undefined) {
        return false;
    }
    const token = answer.trim();
    await (token ? secrets.store(TOKEN_KEY, token) : secrets.delete(TOKEN_KEY));
    return true;
}

function inspect(name: string): Inspected<unknown> | undefined {
    return vscode.workspace.getConfiguration(SECTION).inspect(name);
}
