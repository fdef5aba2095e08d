// All runs of one folder that the editor knows of.

import * as vscode from "vscode";
import { watchDebugging } from "./debugging";
import type { Tell } from "./run";
import { watchTasks } from "./tasks";
import { watchTerminals } from "./terminals";

export function watchRuns(folder: vscode.WorkspaceFolder, tell: Tell): vscode.Disposable {
    return vscode.Disposable.from(
        ...watchTerminals(folder, tell),
        ...watchTasks(folder, tell),
        ...watchDebugging(folder, tell),
    );
}
