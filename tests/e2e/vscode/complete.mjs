// Takes inline completions in the VS Code workbench in every way that a person can, and in none.
//
//   node complete.mjs '{"url", "file", "chromium", "profile", "screenshots"}'
//
// The endpoint suggests `total(items)` wherever it is asked. Ends with exit code 0 when every step was seen.

import { Workbench } from "./workbench.mjs";

const bench = await Workbench.start(JSON.parse(process.argv[2]));
const { page } = bench;
const KEY_DELAY_MS = 60;
const SUGGESTED = "total(items)";

/** Begin a line; the suggestion shows behind it. */
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
        await bench.picture("completion-1-ghost");
        await page.keyboard.press("Tab");
        await bench.line("a = total(items)");
    });
    await bench.step("Escape", async () => {
        await begin("b = ");
        await page.keyboard.press("Escape");
        await bench.line("b = ");
        await page.keyboard.type("1", { delay: KEY_DELAY_MS });
        await page.keyboard.press("Escape");
    });
    await bench.step("a word, then the rest", async () => {
        await begin("c = ");
        await page.keyboard.press("Control+ArrowRight");
        await bench.line("c = total", "(items)");
        await bench.picture("completion-2-word");
        await page.keyboard.press("Tab");
        await bench.line("c = total(items)");
    });
    await bench.step("word by word", async () => {
        await begin("d = ");
        for (const taken of ["total", "total(", "total(items", "total(items)"]) {
            await page.keyboard.press("Control+ArrowRight");
            await bench.line(`d = ${taken}`, SUGGESTED.slice(taken.length));
        }
    });
    await bench.step("typed through", async () => {
        await begin("e = ");
        await page.keyboard.type("total", { delay: KEY_DELAY_MS });
        await bench.line("e = total", "(items)");
        await bench.picture("completion-3-typed");
        await page.keyboard.type("(items)", { delay: KEY_DELAY_MS });
        await bench.line("e = total(items)");
    });
    await bench.step("another way", async () => {
        await begin("f = ");
        await page.keyboard.type("7", { delay: KEY_DELAY_MS });
        await page.keyboard.press("Escape");
    });
    await bench.step("save", () => bench.save());
});
