// Wires the lifecycles together; everything that is done is done elsewhere.

import * as vscode from "vscode";
import { COMMANDS, NAME, SECTION } from "./constants";
import { Completions } from "./completions";
import { Consent } from "./consent";
import { localFolders, pickFolder } from "./folders";
import { Orders } from "./orders";
import { Recorders } from "./recorders";
import { askForSecret, SECRETS, type Secret } from "./settings";
import { StatusBar } from "./status";

let recorders: Recorders | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
    const log = vscode.window.createOutputChannel(NAME, { log: true });
    const consent = new Consent(context.globalState);
    const status = new StatusBar(consent);
    const all = new Recorders(context, consent, status, log);
    recorders = all;
    const orders = new Orders(all);

    const restartPicked = async (ask: (folder: vscode.WorkspaceFolder) => Promise<boolean>) => {
        const folder = await pickFolder();
        if (folder && (await ask(folder))) {
            await all.restart(folder);
        }
    };
    const setSecret = async (secret: Secret) => {
        if (await askForSecret(context.secrets, secret)) {
            await all.restartAll();
        }
    };
    const begin = async (folder: vscode.WorkspaceFolder) => {
        await consent.askOnce(folder);
        await all.restart(folder);
    };

    const { registerCommand } = vscode.commands;
    context.subscriptions.push(
        log,
        status,
        registerCommand(COMMANDS.chooseConsent, () => restartPicked((folder) => consent.choose(folder))),
        registerCommand(COMMANDS.chooseUse, () => restartPicked((folder) => consent.chooseUse(folder))),
        new Completions(all),
        registerCommand(COMMANDS.setToken, () => setSecret(SECRETS.token)),
        registerCommand(COMMANDS.setCompletionKey, () => setSecret(SECRETS.completionKey)),
        registerCommand(COMMANDS.pause, () => orders.pause()),
        registerCommand(COMMANDS.resume, () => orders.resume()),
        registerCommand(COMMANDS.forget, () => orders.forget()),
        registerCommand(COMMANDS.restart, () => all.restartAll()),
        registerCommand(COMMANDS.showLog, () => log.show()),
        vscode.workspace.onDidChangeConfiguration((event) => {
            if (event.affectsConfiguration(SECTION)) {
                void all.restartAll();
            }
        }),
        vscode.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
            removed.forEach((folder) => void all.remove(folder));
            added.filter((folder) => folder.uri.scheme === "file").forEach((folder) => void begin(folder));
        }),
    );
    // Not awaited: a question that nobody answers yet must not keep the extension from being active.
    localFolders().forEach((folder) => void begin(folder));
}

export async function deactivate(): Promise<void> {
    await recorders?.stopAll();
}
