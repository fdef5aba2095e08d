// One recorder process for one workspace folder. Starts and stops are serialised: never two at once.

import * as vscode from "vscode";
import { RevealOutputChannelOn, State, type LanguageClient, type Middleware } from "vscode-languageclient/node";
import { RecorderClient } from "./client";
import { CLIENT_CONSENT, NAME, OBSERVE, SECTION, STATUS } from "./constants";
import { holds } from "./folders";
import { isLowered, type Choice, type Observation, type RecorderStatus } from "./observation";
import { Observer } from "./observe";
import { Order } from "./order";
import type { Candidate } from "./python";
import { watchRuns } from "./runs";
import type { CompletionSettings } from "./settings";

/** Everything that a start needs to know. */
export interface Launch {
    python: Candidate;
    /** The folder inside the extension with the recorder and the packages it needs. */
    bundled: string;
    /** A folder that only this extension writes: working directory and home of the compiled modules. */
    storage: string;
    choice: Choice;
    collectorUrl: string | undefined;
    include: string[];
    exclude: string[];
    token: string | undefined;
    completion: CompletionSettings & { key: string | undefined };
    observeOtherCompletions: boolean;
    agentsPort: number | undefined;
}

/** A recorder that does not answer is stopped all the same. */
const OBEYED_MS_MAX = 2000;

interface Running {
    choice: Choice;
    client: LanguageClient;
    observer: Observer;
    observesOthers: boolean;
}

export class Server {
    private running: Running | undefined;
    private tail: Promise<void> = Promise.resolve();

    constructor(
        private readonly folder: vscode.WorkspaceFolder,
        private readonly log: vscode.LogOutputChannel,
        private readonly tell: (status?: RecorderStatus) => void,
    ) {}

    /**
     * Start anew under this choice with what `prepare` finds; it finds nothing where nothing may, or can, run. The
     * session that ends hears of a choice for less, so that what still waits of it is taken back.
     */
    restart(choice: Choice, prepare: () => Promise<Launch | undefined>): Promise<void> {
        return this.serialise(async () => {
            await this.lower(choice);
            await this.halt();
            const launch = await prepare();
            if (launch) {
                await this.launch(launch);
            }
        });
    }

    stop(): Promise<void> {
        return this.serialise(() => this.halt());
    }

    /** Have a command of the recorder carried out; false where none runs. Throws what it answers. */
    async order(command: string, words: string[]): Promise<boolean> {
        const client = this.running?.client;
        if (!client?.isRunning()) {
            return false;
        }
        await client.sendRequest("workspace/executeCommand", { command, arguments: words });
        return true;
    }

    /** Whether the recorder offers completions of its own. */
    get offersCompletions(): boolean {
        return this.running?.client.initializeResult?.capabilities.inlineCompletionProvider !== undefined;
    }

    /** What tells the recorder of other extensions' completions; undefined where nobody asked for that. */
    get otherCompletions(): Observer | undefined {
        const running = this.running;
        return running?.observesOthers && running.client.isRunning() && !this.offersCompletions
            ? running.observer
            : undefined;
    }

    private serialise(action: () => Promise<void>): Promise<void> {
        this.tail = this.tail.then(action).catch((error: unknown) => {
            this.log.error(`${this.folder.name}: ${String(error)}`);
            this.tell({ state: "off", detail: "The recorder did not start; its log says why." });
        });
        return this.tail;
    }

    private async launch(launch: Launch): Promise<void> {
        const order = new Order();
        const observer = new Observer((observation) => {
            order.keep(OBSERVE, () => this.observe(observation)).catch((error: unknown) => {
                this.log.debug(`${observation.type} was not sent: ${String(error)}`);
            });
        });
        observer.keep(watchRuns(this.folder, observer.send));
        const client = new RecorderClient(SECTION, NAME, executable(launch), {
            documentSelector: [{ scheme: "file" }],
            workspaceFolder: this.folder,
            outputChannel: this.log,
            revealOutputChannelOn: RevealOutputChannelOn.Never,
            initializationOptions: initializationOptions(launch),
            middleware: this.middleware(order, observer),
        });
        client.onNotification(STATUS, (status: RecorderStatus) => this.tell(status));
        client.onDidChangeState(({ newState }) => {
            if (newState === State.Running) {
                observer.begin();
            } else if (newState === State.Stopped && this.running?.client === client) {
                this.tell({ state: "off", detail: `The recorder ended. Start it with “${NAME}: Restart the Recorder”.` });
            }
        });
        this.running = { choice: launch.choice, client, observer, observesOthers: launch.observeOtherCompletions };
        await client.start();
    }

    private async lower({ level, use, policy }: Choice): Promise<void> {
        const running = this.running;
        if (running === undefined || !running.client.isRunning() || !isLowered(running.choice, { level, use })) {
            return;
        }
        const told = running.client.sendRequest("workspace/executeCommand", {
            command: CLIENT_CONSENT,
            arguments: [level, use, policy],
        });
        try {
            await Promise.race([told, new Promise((resolve) => setTimeout(resolve, OBEYED_MS_MAX))]);
        } catch (error) {
            this.log.warn(`${this.folder.name}: the recorder did not take the choice: ${String(error)}`);
        }
    }

    private async halt(): Promise<void> {
        const running = this.running;
        if (running === undefined) {
            return;
        }
        running.observer.dispose();
        this.running = undefined;
        try {
            await running.client.dispose();
        } catch (error) {
            // A client whose start failed, or whose process is gone, has nothing left to stop.
            this.log.debug(`${this.folder.name}: ${String(error)}`);
        }
        this.tell();
    }

    private async observe(observation: Observation): Promise<void> {
        const client = this.running?.client;
        if (client?.isRunning()) {
            await client.sendNotification(OBSERVE, observation);
        }
    }

    /** Lets through this folder's documents only, in the order of the editor's events, with their causes. */
    private middleware(order: Order, observer: Observer): Middleware {
        const keep = async (
            method: string,
            document: vscode.TextDocument,
            first: () => void,
            next: () => Promise<void>,
        ): Promise<void> => {
            if (holds(this.folder, document)) {
                first();
                await order.keep(`${method} ${document.uri.toString()}`, next);
            }
        };
        const nothing = () => undefined;
        return {
            didOpen: (document, next) =>
                keep("textDocument/didOpen", document, () => observer.open(document), () => next(document)),
            didChange: (event, next) =>
                keep("textDocument/didChange", event.document, () => observer.change(event), () => next(event)),
            didSave: (document, next) => keep("textDocument/didSave", document, nothing, () => next(document)),
            didClose: (document, next) =>
                keep("textDocument/didClose", document, () => observer.close(document), () => next(document)),
            sendNotification: (type, next, params) => order.pass(wireKey(type, params), () => next(type, params)),
        };
    }
}

/** How the recorder is started so that no file of the workspace, and no site package, is imported. */
function executable({ python, bundled, storage }: Launch) {
    const env: NodeJS.ProcessEnv = {
        ...process.env,
        PYTHONPATH: bundled,
        PYTHONSAFEPATH: "1",
        PYTHONNOUSERSITE: "1",
        PYTHONPYCACHEPREFIX: vscode.Uri.joinPath(vscode.Uri.file(storage), "pycache").fsPath,
        PYTHONUTF8: "1",
    };
    // These make Python start elsewhere, or run code of somebody else first.
    delete env["PYTHONHOME"];
    delete env["PYTHONSTARTUP"];
    return { command: python.command, args: [...python.args, "-S", "-m", "lsp_server"], options: { cwd: storage, env } };
}

function initializationOptions({ choice, collectorUrl, token, include, exclude, completion, agentsPort }: Launch) {
    const { level, use, policy } = choice;
    return { consent: level, use, policy, collectorUrl, token, include, exclude, completion, agentsPort };
}

function wireKey(type: string | { method: string }, params: unknown): string {
    const method = typeof type === "string" ? type : type.method;
    const uri = (params as { textDocument?: { uri?: string } } | undefined)?.textDocument?.uri;
    return uri === undefined ? method : `${method} ${uri}`;
}
