// All runs of one folder that the editor knows of.

import * as vscode from "vscode";
import { watchDebugging } from "./debugging";
import type { Run, Tell } from "./run";
import { watchTasks } from "./tasks";
import { watchTerminals } from "./terminals";

export function watchRuns(folder: vscode.WorkspaceFolder, tell: Tell): vscode.Disposable {
    const tasks = new Map<number, Run | undefined>();
    return vscode.Disposable.from(
        ...watchTasks(folder, tell, tasks),
        ...watchTerminals(folder, tell, tasks),
        ...watchDebugging(folder, tell),
    );
}
