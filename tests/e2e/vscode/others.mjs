// Takes another extension's inline completions in the VS Code workbench: whole, a word, and not at all.
//
//   node others.mjs '{"url", "file", "chromium", "profile", "screenshots"}'

import { Workbench } from "./workbench.mjs";

const bench = await Workbench.start(JSON.parse(process.argv[2]));
const { page } = bench;
const KEY_DELAY_MS = 60;
const SUGGESTED = "total(items)";

async function begin(text) {
    await page.keyboard.press("Control+End");
    await page.keyboard.press("Enter");
    await page.keyboard.type(text, { delay: KEY_DELAY_MS });
    await bench.line(text, SUGGESTED);
}

await bench.run(async () => {
    await bench.step("workbench", () => bench.enter());
    await bench.step("consent", async () => {
        await bench.button("Choose…").click();
        await bench.button("Record edits").click();
        await bench.statusBar("Pairlog: offline").waitFor();
    });
    await bench.step("open", () => bench.open(bench.task.file));
    await bench.step("Tab", async () => {
        await begin("a = ");
        await page.keyboard.press("Tab");
        await bench.line("a = total(items)");
    });
    await bench.step("a word", async () => {
        await begin("b = ");
        await page.keyboard.press("Control+ArrowRight");
        await bench.line("b = total", "(items)");
    });
    await bench.step("Escape", async () => {
        await begin("c = ");
        await page.keyboard.press("Escape");
        await bench.line("c = ");
    });
    await bench.step("save", () => bench.save());
});
