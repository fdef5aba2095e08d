// A VS Code workbench in a browser, as a person at the keyboard has it: steps, keys, pictures; no sleeps.

import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";

// playwright-core is pinned with the extension's own tools.
const require = createRequire(new URL("../../../vscode-client/package.json", import.meta.url));
const { chromium } = require("playwright-core");

const PATIENCE_MS = 40_000;
const LOOK_MS = 20;
const FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

export class Workbench {
    /** Start the browser; `task` is `{url, chromium, profile, screenshots}`, with `home` for what is `recorded`. */
    static async start(task) {
        const context = await chromium.launchPersistentContext(task.profile, {
            executablePath: task.chromium,
            headless: true,
            args: FLAGS,
            viewport: { width: 1280, height: 800 },
        });
        const page = context.pages()[0] ?? (await context.newPage());
        page.setDefaultTimeout(PATIENCE_MS);
        return new Workbench(task, context, page);
    }

    constructor(task, context, page) {
        this.task = task;
        this.context = context;
        this.page = page;
    }

    button(name) {
        return this.page.getByRole("button", { name, exact: true });
    }

    statusBar(text) {
        return this.page.locator(".statusbar-item", { hasText: text });
    }

    /** Wait until a line of the editor has this text, and behind it this suggestion, which is no text yet. */
    line(text, suggested = "") {
        const isThere = ([text, suggested]) => {
            const ghosts = ".ghost-text-decoration, .ghost-text";
            return [...document.querySelectorAll(".view-line")].some((line) => {
                const outer = [...line.querySelectorAll(ghosts)].filter((it) => !it.parentElement.closest(ghosts));
                const shown = outer.map((it) => it.textContent).join("");
                return shown === suggested && line.textContent.replaceAll("\u00a0", " ") === text + suggested;
            });
        };
        return this.page.waitForFunction(isThere, [text, suggested]);
    }

    /** Wait until the recorder has a line with all of these words: the workbench shows an end before it tells of it. */
    async recorded(...words) {
        for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await after(LOOK_MS)) {
            const lines = (await Promise.all(["spool", "outbox"].map((name) => this.#linesIn(name)))).flat();
            if (lines.some((line) => words.every((word) => line.includes(word)))) {
                return;
            }
        }
        throw new Error(`nothing was recorded with ${words.join(" and ")}`);
    }

    async #linesIn(name) {
        const folder = join(this.task.home, name);
        const files = (await readdir(folder)).filter((file) => file.endsWith(".ndjson"));
        // The sender moves them while this looks.
        const texts = files.map((file) => readFile(join(folder, file), "utf8").catch(() => ""));
        return (await Promise.all(texts)).flatMap((text) => text.split("\n"));
    }

    picture(name) {
        return this.page.screenshot({ path: join(this.task.screenshots, `vscode-${name}.png`) });
    }

    async step(name, action) {
        const started = Date.now();
        await action();
        console.log(`${name}: ${Date.now() - started} ms`);
    }

    async enter() {
        await this.page.goto(this.task.url);
        await this.page.locator(".monaco-workbench .statusbar").waitFor();
    }

    /** Run a command by its title, as the palette shows it. */
    async command(title) {
        await this.page.keyboard.press("F1");
        const input = this.page.locator(".quick-input-widget input");
        await input.waitFor();
        await input.fill(`>${title}`);
        await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
        await this.page.keyboard.press("Enter");
    }

    async open(file) {
        await this.page.keyboard.press("Control+P");
        await this.page.locator(".quick-input-widget input").fill(file);
        await this.page.locator(".quick-input-list .monaco-list-row", { hasText: file }).first().waitFor();
        await this.page.keyboard.press("Enter");
        await this.page.locator(".tab", { hasText: file }).waitFor();
        await this.page.locator(".monaco-editor.focused").waitFor();
    }

    /** Save, and wait until the editor has done so. */
    async save() {
        await this.page.keyboard.press("Control+S");
        await this.page.locator(".tab.dirty").waitFor({ state: "detached" });
    }

    /** Do it all, with a picture where it fails. */
    async run(work) {
        try {
            await work();
        } catch (error) {
            await this.picture("failed");
            console.error(`${error.message}`);
            process.exitCode = 1;
        } finally {
            await this.context.close();
        }
    }
}
