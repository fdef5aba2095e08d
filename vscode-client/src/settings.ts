// The user's settings. All of them have the scope `machine`: a workspace cannot set them, and its values
// are not even read here. Tokens and keys are no settings; they lie in the editor's secret storage.

import * as vscode from "vscode";
import { SECTION } from "./constants";
import { flagOf, listOf, numberOf, textOf, type Inspected } from "./user";

/** What lies in the secret storage, by its key there, and how a person is asked for it. */
export const SECRETS = {
    token: {
        key: "pairlog.token",
        title: "Pairlog: token of the collector",
        prompt: "Made by whoever runs the collector, with `pairlog token create`. Leave empty to remove it.",
    },
    completionKey: {
        key: "pairlog.completionKey",
        title: "Pairlog: key of the completion endpoint",
        prompt: "Sent to pairlog.completion.url and nowhere else. Leave empty to remove it.",
    },
} as const;
export type Secret = (typeof SECRETS)[keyof typeof SECRETS];

/** As `initializationOptions.completion` has them, but for the key. */
export interface CompletionSettings {
    url: string | undefined;
    model: string | undefined;
    models: string[];
    api: string | undefined;
    template: string | undefined;
}

export interface Settings {
    collectorUrl: string | undefined;
    interpreter: string | undefined;
    /** Globs of files to let in that the deny list, or git, keeps out; and of files to keep out. */
    include: string[];
    exclude: string[];
    completion: CompletionSettings;
    observeOtherCompletions: boolean;
    /** Where agents are heard. */
    agentsPort: number | undefined;
}

/** The settings as the user, never the workspace, made them. */
export function readSettings(): Settings {
    return {
        collectorUrl: textOf(inspect("collectorUrl")),
        interpreter: textOf(inspect("interpreter")),
        include: listOf(inspect("include")),
        exclude: listOf(inspect("exclude")),
        completion: {
            url: textOf(inspect("completion.url")),
            model: textOf(inspect("completion.model")),
            models: listOf(inspect("completion.models")),
            api: textOf(inspect("completion.api")),
            template: textOf(inspect("completion.template")),
        },
        observeOtherCompletions: flagOf(inspect("observeOtherCompletions")),
        agentsPort: numberOf(inspect("agentsPort")),
    };
}

/** What was given; undefined where nothing was. */
export async function readSecret(secrets: vscode.SecretStorage, { key }: Secret): Promise<string | undefined> {
    return (await secrets.get(key)) || undefined;
}

/** Ask for a secret and keep it; an empty answer removes it. Returns whether there was an answer. */
export async function askForSecret(secrets: vscode.SecretStorage, { key, title, prompt }: Secret): Promise<boolean> {
    const answer = await vscode.window.showInputBox({
        title,
        prompt,
        password: true,
        ignoreFocusOut: true,
    });
    if (answer === undefined) {
        return false;
    }
    const secret = answer.trim();
    await (secret ? secrets.store(key, secret) : secrets.delete(key));
    return true;
}

function inspect(name: string): Inspected<unknown> | undefined {
    return vscode.workspace.getConfiguration(SECTION).inspect(name);
}
