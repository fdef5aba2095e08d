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
    terminal: vscode.Terminal;
    execution: Execution;
    exitCode?: number;
}
interface ShellEvents {
    onDidStartTerminalShellExecution?: vscode.Event<Executed>;
    onDidEndTerminalShellExecution?: vscode.Event<Executed>;
}

/** The lowest of VS Code's three: the command was read from the screen and may be wrong. */
const LOW_CONFIDENCE = 0;
/** A task's process may be told after the first command in its terminal; only that one waits for it. */
const TASK_MS_MAX = 200;
const LOOK_MS = 20;
/** `tasks` are the runs of tasks by their process: what stands in the terminal of one is its output. */
export function watchTerminals(
    folder: vscode.WorkspaceFolder,
    tell: Tell,
    tasks: ReadonlyMap<number, Run | undefined>,
): vscode.Disposable[] {
    const { onDidStartTerminalShellExecution: starts, onDidEndTerminalShellExecution: ends } = shellEvents();
    if (starts === undefined || ends === undefined) {
        return [];
    }
    /** Terminals that are no task's. */
    const ordinary = new WeakSet<vscode.Terminal>();
    const runs = new Map<Execution, Promise<Run | undefined>>();
    const begin = async (terminal: vscode.Terminal, execution: Execution, pieces: AsyncIterable<string>) => {
        const began = performance.now();
        const process = ordinary.has(terminal) ? undefined : await taskProcess(terminal, tasks);
        if (process !== undefined) {
            tasks.get(process)?.follow(pieces);
            return undefined;
        }
        ordinary.add(terminal);
        const { value, confidence } = execution.commandLine;
        const run = new Run(tell, "terminal", { text: value, isGuessed: confidence === LOW_CONFIDENCE, began });
        run.follow(pieces);
        return run;
    };
    return [
        starts(({ terminal, execution }) => {
            if (execution.commandLine.value.trim() && runsIn(folder, execution.cwd)) {
                // Asked for at once: nothing from before it is kept.
                runs.set(execution, begin(terminal, execution, execution.read()));
            }
        }),
        ends(async ({ execution, exitCode }) => {
            const begun = runs.get(execution);
            runs.delete(execution);
            await (await begun)?.end(exitCode);
        }),
    ];
}

/** The process of the task that this terminal is of; undefined where it is of none. */
async function taskProcess(
    terminal: vscode.Terminal,
    tasks: ReadonlyMap<number, unknown>,
): Promise<number | undefined> {
    const process = await terminal.processId;
    for (let waited = 0; process !== undefined && waited < TASK_MS_MAX; waited += LOOK_MS) {
        if (tasks.has(process)) {
            return process;
        }
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return undefined;
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
