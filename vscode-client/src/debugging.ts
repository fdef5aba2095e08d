// Debug sessions: one run for the session that a person started, with what its child sessions print.

import * as vscode from "vscode";
import { debugCommand, exitCode, printed, type AdapterMessage } from "./debugSession";
import { runsIn } from "./place";
import { Run, type Tell } from "./run";

export function watchDebugging(folder: vscode.WorkspaceFolder, tell: Tell): vscode.Disposable[] {
    const runs = new Map<string, Run>();
    const codes = new Map<string, number>();
    const begin = (session: vscode.DebugSession) => {
        if (!session.parentSession && !runs.has(session.id) && runsIn(folder, session.workspaceFolder)) {
            const text = debugCommand(session.name, session.configuration);
            runs.set(session.id, new Run(tell, "debug", { text }));
        }
    };
    const hear = (session: vscode.DebugSession, message: AdapterMessage) => {
        const root = rootOf(session);
        runs.get(root.id)?.output.add(printed(message));
        const code = exitCode(message);
        if (code !== undefined && runs.has(root.id)) {
            codes.set(root.id, code);
        }
    };
    return [
        // The adapter speaks before the session's start is announced.
        vscode.debug.registerDebugAdapterTrackerFactory("*", {
            createDebugAdapterTracker: (session) => {
                begin(session);
                return { onDidSendMessage: (message: AdapterMessage) => hear(session, message) };
            },
        }),
        vscode.debug.onDidStartDebugSession(begin),
        vscode.debug.onDidTerminateDebugSession(({ id }) => {
            void runs.get(id)?.end(codes.get(id));
            runs.delete(id);
            codes.delete(id);
        }),
    ];
}

function rootOf(session: vscode.DebugSession): vscode.DebugSession {
    return session.parentSession ? rootOf(session.parentSession) : session;
}
