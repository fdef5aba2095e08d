// Drives the VS Code workbench in a browser as a person would: two scripted visits, real keys, no sleeps.
//
// The first visit consents, types, undoes, saves and closes; the second is not asked again, runs a task, a test and a
// program, and stops.
//
//   node drive.mjs '{"url", "file", "token", "pytest", "home", "chromium", "profile", "screenshots"}'
//
// Ends with exit code 0 when every step was seen to work. Prints each step with the time it took.

import assert from "node:assert/strict";
import { Workbench } from "./workbench.mjs";

const bench = await Workbench.start(JSON.parse(process.argv[2]));
const { page, task } = bench;
const KEY_DELAY_MS = 12;

const button = (name) => bench.button(name);
const statusBar = (text) => bench.statusBar(text);
const dirtyTab = page.locator(".tab.dirty");
const picture = (name) => bench.picture(name);
const step = (name, action) => bench.step(name, action);
const command = (title) => bench.command(title);
const enter = () => bench.enter();

async function firstVisit() {
    await step("workbench", enter);
    await step("question", async () => {
        await button("Choose…").waitFor();
        await statusBar("Pairlog: off").waitFor();
        await picture("1-question");
    });
    await step("token", async () => {
        await command("Pairlog: Set the Collector's Token…");
        await page.locator('.quick-input-widget input[type="password"]').waitFor();
        await page.keyboard.type(task.token);
        await page.keyboard.press("Enter");
        await page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    });
    await step("consent", async () => {
        await button("Choose…").click();
        await button("Record edits").waitFor();
        await picture("2-consent");
        await button("Record edits").click();
        await statusBar("Pairlog: recording").waitFor();
    });
    await step("open", () => bench.open(task.file));
    await step("type", async () => {
        await page.keyboard.press("Control+End");
        await page.keyboard.type("\ndef average(prices):\nreturn total(prices) / len(prices) # naïve 😀", {
            delay: KEY_DELAY_MS,
        });
        await dirtyTab.waitFor();
    });
    await step("undo and redo", async () => {
        await page.keyboard.type("\noops", { delay: KEY_DELAY_MS });
        await page.locator(".view-line", { hasText: "oops" }).waitFor();
        await page.keyboard.press("Control+Z");
        await page.locator(".view-line", { hasText: "oops" }).waitFor({ state: "detached" });
        await page.keyboard.press("Control+Y");
        await page.locator(".view-line", { hasText: "oops" }).waitFor();
        await page.keyboard.press("Control+Z");
        await page.locator(".view-line", { hasText: "oops" }).waitFor({ state: "detached" });
        await picture("3-typed");
    });
    await step("save", async () => {
        await page.keyboard.press("Control+S");
        await dirtyTab.waitFor({ state: "detached" });
        await statusBar("Pairlog: recording").waitFor();
        await picture("4-saved");
    });
    await step("close", async () => {
        await command("View: Close Editor");
        await page.locator(".tab").waitFor({ state: "detached" });
    });
}

async function secondVisit() {
    await step("workbench again", enter);
    await step("recording without a question", async () => {
        await statusBar("Pairlog: recording").waitFor();
        assert.equal(await button("Choose…").count(), 0);
    });
    await step("task", async () => {
        await command("Tasks: Run Build Task");
        await page.getByText("exit code: 3").first().waitFor();
    });
    await step("terminal", async () => {
        await command("Terminal: Create New Terminal");
        const rows = page.locator(".terminal-wrapper.active .xterm-rows");
        await rows.filter({ hasText: /[$#]/ }).waitFor();
        await page.keyboard.type(`${task.pytest} -q checks\n`, { delay: KEY_DELAY_MS });
        await rows.filter({ hasText: "1 failed" }).waitFor();
        await picture("5-terminal");
    });
    await step("debug", async () => {
        await command("Debug: Select and Start Debugging");
        await page.locator(".quick-input-list .monaco-list-row", { hasText: "Script" }).first().waitFor();
        await page.keyboard.press("Enter");
        await page.locator(".repl", { hasText: "debugged" }).waitFor();
        await page.locator(".debug-toolbar").waitFor({ state: "hidden" });
        await bench.recorded('"kind":"debug"', '"phase":"ended"');
    });
    await step("pause and resume", async () => {
        await command("Pairlog: Pause Recording");
        await statusBar("Pairlog: paused").waitFor();
        await command("Pairlog: Resume Recording");
        await statusBar("Pairlog: recording").waitFor();
    });
    await step("stop", async () => {
        await statusBar("Pairlog: recording").click();
        await button("Do not record").waitFor();
        await picture("6-choose-again");
        await button("Do not record").click();
        await statusBar("Pairlog: off").waitFor();
        await picture("7-stopped");
    });
}

await bench.run(async () => {
    await firstVisit();
    await secondVisit();
});
