// The Python that the user chose for a folder in the Python extension, where that extension is there.

import * as vscode from "vscode";

/** The part that is used here of the Python extension's public interface. */
interface PythonExtension {
    environments: {
        getActiveEnvironmentPath(resource: vscode.Uri): { path: string };
        resolveEnvironment(
            environment: { path: string },
        ): Promise<{ executable: { uri: vscode.Uri | undefined } } | undefined>;
    };
}

/** The path of the interpreter; undefined where the Python extension is absent, off or does not know. */
export async function selectedInterpreter(folder: vscode.WorkspaceFolder): Promise<string | undefined> {
    const extension = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
    if (!extension) {
        return undefined;
    }
    try {
        const { environments } = await extension.activate();
        const environment = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(folder.uri));
        return environment?.executable.uri?.fsPath;
    } catch {
        // Another extension's failure is not ours to report: the pythons on the PATH are tried next.
        return undefined;
    }
}
