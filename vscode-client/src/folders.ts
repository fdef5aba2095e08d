// Which workspace folder is meant. A recorder belongs to one folder, and a document to the innermost.

import * as vscode from "vscode";

/** The folder of the editor in front; the first folder where no editor, or a foreign file, is. */
export function activeFolder(): vscode.WorkspaceFolder | undefined {
    const document = vscode.window.activeTextEditor?.document;
    const folder = document && vscode.workspace.getWorkspaceFolder(document.uri);
    return folder ?? localFolders()[0];
}

/** The folders on this machine's disk; others cannot be recorded. */
export function localFolders(): vscode.WorkspaceFolder[] {
    return (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
}

/** Whether the document is a file of this folder, and of no folder inside it. */
export function holds(folder: vscode.WorkspaceFolder, document: vscode.TextDocument): boolean {
    const owner = document.uri.scheme === "file" ? vscode.workspace.getWorkspaceFolder(document.uri) : undefined;
    return owner?.uri.toString() === folder.uri.toString();
}

/** The folder that a command is about: the only one, else the one that the user picks. */
export async function pickFolder(): Promise<vscode.WorkspaceFolder | undefined> {
    const folders = localFolders();
    if (folders.length === 0) {
        void vscode.window.showInformationMessage("Pairlog records inside a folder. Open a folder first.");
    }
    return folders.length > 1 ? vscode.window.showWorkspaceFolderPick() : folders[0];
}
