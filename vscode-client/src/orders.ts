// What a person orders of a running recorder: to pause, to go on, to take back the last minutes.

import * as vscode from "vscode";
import { NAME, ORDERS } from "./constants";
import { pickFolder } from "./folders";
import type { Recorders } from "./recorders";

const TIMES = ["5m", "10m", "30m", "1h", "1d"] as const;

const WORDS: Readonly<Record<(typeof TIMES)[number], string>> = {
    "5m": "the last 5 minutes",
    "10m": "the last 10 minutes",
    "30m": "the last half hour",
    "1h": "the last hour",
    "1d": "the last day",
};

export class Orders {
    constructor(private readonly recorders: Recorders) {}

    async pause(): Promise<void> {
        await this.give(ORDERS.pause, "records nothing until you resume it");
    }

    async resume(): Promise<void> {
        await this.give(ORDERS.resume, "records again");
    }

    async forget(): Promise<void> {
        const items = TIMES.map((time) => ({ label: WORDS[time], time }));
        const title = `What shall ${NAME} take back, here and at the collector?`;
        const picked = await vscode.window.showQuickPick(items, { title });
        if (picked) {
            await this.give(ORDERS.forget, `takes ${picked.label} back`, picked.time);
        }
    }

    private async give(order: string, done: string, ...words: string[]): Promise<void> {
        const folder = await pickFolder();
        if (!folder) {
            return;
        }
        try {
            const obeyed = await this.recorders.order(folder, order, words);
            void vscode.window.showInformationMessage(
                obeyed ? `${NAME} ${done} in “${folder.name}”.` : `${NAME} records nothing in “${folder.name}”.`,
            );
        } catch (error) {
            void vscode.window.showErrorMessage(`${NAME}: ${error instanceof Error ? error.message : String(error)}`);
        }
    }
}
