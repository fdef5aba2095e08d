// Whose run it is: consent is given folder by folder, so a run belongs to the folder that it runs in.

import * as vscode from "vscode";
import { localFolders } from "./folders";

/** Whether something that runs in `where` belongs to this folder; where nobody knows, to the only folder. */
export function runsIn(folder: vscode.WorkspaceFolder, where: vscode.Uri | vscode.WorkspaceFolder | undefined): boolean {
    const folders = localFolders();
    const uri = where && "uri" in where ? where.uri : where;
    const owner = uri ? vscode.workspace.getWorkspaceFolder(uri) : folders.length === 1 ? folders[0] : undefined;
    return owner?.uri.toString() === folder.uri.toString();
}
