// Commands in terminals, where the shell integration tells of them.

import * as vscode from "vscode";
import { runsIn } from "./place";
import { Run, type Tell } from "./run";

/** What VS Code has had since 1.93; an older one has none of it. */
interface Execution {
    commandLine: { value: string; confidence: number };
    cwd: vscode.Uri | undefined;
    read(): AsyncIterable<string>;
}
interface Executed {
    execution: Execution;
    exitCode?: number;
}
interface ShellEvents {
    onDidStartTerminalShellExecution?: vscode.Event<Executed>;
    onDidEndTerminalShellExecution?: vscode.Event<Executed>;
}

/** The lowest of VS Code's three: the command was read from the screen and may be wrong. */
const LOW_CONFIDENCE = 0;
/** The last of an output may come behind the end of its command. */
const LAST_WORDS_MS_MAX = 500;

export function watchTerminals(folder: vscode.WorkspaceFolder, tell: Tell): vscode.Disposable[] {
    const { onDidStartTerminalShellExecution: starts, onDidEndTerminalShellExecution: ends } = shellEvents();
    if (starts === undefined || ends === undefined) {
        return [];
    }
    const runs = new Map<Execution, { run: Run; read: Promise<void> }>();
    return [
        starts(({ execution }) => {
            const { value, confidence } = execution.commandLine;
            if (value.trim() && runsIn(folder, execution.cwd)) {
                const run = new Run(tell, "terminal", { text: value, isGuessed: confidence === LOW_CONFIDENCE });
                runs.set(execution, { run, read: read(execution, run) });
            }
        }),
        ends(async ({ execution, exitCode }) => {
            const known = runs.get(execution);
            runs.delete(execution);
            if (known) {
                await Promise.race([known.read, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS_MAX))]);
                known.run.end(exitCode);
            }
        }),
    ];
}

function shellEvents(): ShellEvents {
    try {
        const { onDidStartTerminalShellExecution, onDidEndTerminalShellExecution } = vscode.window as ShellEvents;
        return { onDidStartTerminalShellExecution, onDidEndTerminalShellExecution };
    } catch {
        // It was a proposal once, and a proposal that is not enabled throws.
        return {};
    }
}

async function read(execution: Execution, run: Run): Promise<void> {
    try {
        for await (const piece of execution.read()) {
            run.output.add(piece);
        }
    } catch {
        // The terminal is gone; what was read until then stands.
    }
}
