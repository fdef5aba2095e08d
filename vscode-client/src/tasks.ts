// Tasks: their command and their exit code. What a task prints, its terminal tells.

import * as vscode from "vscode";
import { runsIn } from "./place";
import { Run, type Tell } from "./run";
import { taskCommand, type Executed } from "./taskCommand";

/** The exit code comes in an event of its own, before or behind the task's end. */
const CODE_MS_MAX = 250;

/** `processes` comes to hold the process of each task, with its run where it is one of this folder. */
export function watchTasks(
    folder: vscode.WorkspaceFolder,
    tell: Tell,
    processes: Map<number, Run | undefined>,
): vscode.Disposable[] {
    const runs = new Map<vscode.TaskExecution, Run>();
    const end = (execution: vscode.TaskExecution, exitCode?: number) => {
        void runs.get(execution)?.end(exitCode);
        runs.delete(execution);
    };
    return [
        vscode.tasks.onDidStartTask(({ execution }) => {
            const { name, scope, execution: executed } = execution.task;
            if (runsIn(folder, typeof scope === "object" ? scope : undefined)) {
                const text = taskCommand(name, executed as Executed | undefined);
                runs.set(execution, new Run(tell, "task", { text }));
            }
        }),
        vscode.tasks.onDidStartTaskProcess(({ execution, processId }) => processes.set(processId, runs.get(execution))),
        vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => end(execution, exitCode)),
        vscode.tasks.onDidEndTask(({ execution }) => setTimeout(() => end(execution), CODE_MS_MAX)),
    ];
}
