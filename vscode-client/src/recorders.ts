// One server for each workspace folder: running where the folder's consent, and a Python, allow it.

import * as vscode from "vscode";
import { NAME, SECTION } from "./constants";
import type { Consent } from "./consent";
import { localFolders } from "./folders";
import { selectedInterpreter } from "./interpreter";
import { candidates, firstSupported, systemProbe, type Candidate } from "./python";
import { Server, type Launch } from "./server";
import { readSecret, readSettings, SECRETS } from "./settings";
import type { StatusBar } from "./status";

export class Recorders {
    private readonly servers = new Map<string, Server>();
    private readonly started = new vscode.EventEmitter<void>();
    /** A recorder was started, or is gone. */
    readonly onDidStart = this.started.event;

    constructor(
        private readonly context: vscode.ExtensionContext,
        private readonly consent: Consent,
        private readonly status: StatusBar,
        private readonly log: vscode.LogOutputChannel,
    ) {}

    /** Every folder, after something changed that all of them depend on. */
    async restartAll(): Promise<void> {
        await Promise.all(localFolders().map((folder) => this.restart(folder)));
    }

    /** One folder, after its consent changed or the folder appeared. */
    async restart(folder: vscode.WorkspaceFolder): Promise<void> {
        await this.serverOf(folder).restart(this.consent.of(folder), () => this.prepare(folder));
        this.started.fire();
    }

    /** Give an order to a folder's recorder; false where none runs. Throws what the recorder answers. */
    async order(folder: vscode.WorkspaceFolder, command: string, words: string[]): Promise<boolean> {
        return this.serverOf(folder).order(command, words);
    }

    /** Whether any recorder offers completions of its own. */
    offerCompletions(): boolean {
        return [...this.servers.values()].some((server) => server.offersCompletions);
    }

    /** The recorder of the folder that a document belongs to. */
    of(uri: vscode.Uri): Server | undefined {
        const folder = vscode.workspace.getWorkspaceFolder(uri);
        return folder && this.servers.get(folder.uri.toString());
    }

    /** The folder left the workspace. */
    async remove(folder: vscode.WorkspaceFolder): Promise<void> {
        const key = folder.uri.toString();
        await this.servers.get(key)?.stop();
        this.servers.delete(key);
    }

    async stopAll(): Promise<void> {
        await Promise.all([...this.servers.values()].map((server) => server.stop()));
    }

    private serverOf(folder: vscode.WorkspaceFolder): Server {
        const key = folder.uri.toString();
        const known = this.servers.get(key);
        if (known) {
            return known;
        }
        const server = new Server(folder, this.log, (status) => this.status.tell(folder, status));
        this.servers.set(key, server);
        return server;
    }

    /** Without consent no process is started, nor is a Python looked for. */
    private async prepare(folder: vscode.WorkspaceFolder): Promise<Launch | undefined> {
        const choice = this.consent.of(folder);
        if (choice.level === "off") {
            return undefined;
        }
        await vscode.workspace.fs.createDirectory(this.context.globalStorageUri);
        const storage = this.context.globalStorageUri.fsPath;
        const settings = readSettings();
        const python = await this.findPython(folder, settings.interpreter, storage);
        if (python === undefined) {
            this.status.tell(folder, { state: "off", detail: "No Python 3.10 or newer was found." });
            return undefined;
        }
        this.log.info(`${folder.name}: the recorder runs on ${[python.command, ...python.args].join(" ")}`);
        return {
            python,
            bundled: this.context.asAbsolutePath("bundled"),
            storage,
            choice,
            collectorUrl: settings.collectorUrl,
            include: settings.include,
            exclude: settings.exclude,
            token: await readSecret(this.context.secrets, SECRETS.token),
            completion: { ...settings.completion, key: await readSecret(this.context.secrets, SECRETS.completionKey) },
            observeOtherCompletions: settings.observeOtherCompletions,
            agentsPort: settings.agentsPort,
        };
    }

    private async findPython(
        folder: vscode.WorkspaceFolder,
        named: string | undefined,
        storage: string,
    ): Promise<Candidate | undefined> {
        const selected = named ? undefined : await selectedInterpreter(folder);
        const python = await firstSupported(candidates(named, selected, process.platform), systemProbe(storage));
        if (python === undefined) {
            const tried = named ? `${named} is no Python 3.10 or newer` : "no Python 3.10 or newer was found";
            void this.offerSettings(`${NAME} does not record: ${tried}. Name one in the setting pairlog.interpreter.`);
        }
        return python;
    }

    private async offerSettings(message: string): Promise<void> {
        const open = "Open Settings";
        if ((await vscode.window.showErrorMessage(message, open)) === open) {
            // On another machine's files, the settings of that machine are the ones that count.
            const page = vscode.env.remoteName ? "openRemoteSettings" : "openSettings";
            await vscode.commands.executeCommand(`workbench.action.${page}`, { query: `${SECTION}.interpreter` });
        }
    }
}
