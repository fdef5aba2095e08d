// Drives the VS Code workbench in a browser as a person would: two scripted visits, real keys, no sleeps.
//
// The first visit consents, types, undoes, saves and closes; the second is not asked again, runs a task, a test and a
// program, and stops.
//
//   node drive.mjs '{"url", "file", "token", "pytest", "chromium", "profile", "screenshots"}'
//
// Ends with exit code 0 when every step was seen to work. Prints each step with the time it took.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

// playwright-core is pinned with the extension's own tools.
const require = createRequire(new URL("../../../vscode-client/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const task = JSON.parse(process.argv[2]);
const PATIENCE_MS = 40_000;
const KEY_DELAY_MS = 12;
const FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

const context = await chromium.launchPersistentContext(task.profile, {
    executablePath: task.chromium,
    headless: true,
    args: FLAGS,
    viewport: { width: 1280, height: 800 },
});
const page = context.pages()[0] ?? (await context.newPage());
page.setDefaultTimeout(PATIENCE_MS);

const button = (name) => page.getByRole("button", { name, exact: true });
const statusBar = (text) => page.locator(".statusbar-item", { hasText: text });
const dirtyTab = page.locator(".tab.dirty");
const picture = (name) => page.screenshot({ path: join(task.screenshots, `vscode-${name}.png`) });

async function step(name, action) {
    const started = Date.now();
    await action();
    console.log(`${name}: ${Date.now() - started} ms`);
}

/** Run a command by its title, as the palette shows it. */
async function command(title) {
    await page.keyboard.press("F1");
    const input = page.locator(".quick-input-widget input");
    await input.waitFor();
    await input.fill(`>${title}`);
    await page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
    await page.keyboard.press("Enter");
}

async function enter() {
    await page.goto(task.url);
    await page.locator(".monaco-workbench .statusbar").waitFor();
}

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
    await step("open", async () => {
        await page.keyboard.press("Control+P");
        await page.locator(".quick-input-widget input").fill(task.file);
        await page.locator(".quick-input-list .monaco-list-row", { hasText: task.file }).first().waitFor();
        await page.keyboard.press("Enter");
        await page.locator(".tab", { hasText: task.file }).waitFor();
        await page.locator(".monaco-editor.focused").waitFor();
    });
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

try {
    await firstVisit();
    await secondVisit();
} catch (error) {
    await picture("failed");
    console.error(`drive.mjs: ${error.message}`);
    process.exitCode = 1;
} finally {
    await context.close();
}
