import assert from "node:assert/strict";
import { test } from "node:test";
import { candidates, firstSupported, isSupported, parseVersion, systemProbe, type Candidate } from "../src/python";

test("a version is three numbers", () => {
    assert.deepEqual(parseVersion("3.11.7\n"), [3, 11, 7]);
    assert.deepEqual(parseVersion("3.13.0\r\n"), [3, 13, 0]);
    assert.equal(parseVersion("Python was not found; run without arguments to install"), undefined);
    assert.equal(parseVersion(""), undefined);
});

test("3.10 is the first that will do, and 3.9 is not above it", () => {
    const verdicts = ["2.7.18", "3.9.21", "3.10.0", "3.13.1", "4.0.0"].map((text) => isSupported(parseVersion(text)));
    assert.deepEqual(verdicts, [false, false, true, true, false]);
});

test("a Python that the user named is the only one that is tried", () => {
    assert.deepEqual(candidates("/opt/python", "/venv/python", "linux"), [{ command: "/opt/python", args: [] }]);
});

test("the folder's Python comes before those on the PATH", () => {
    const commands = (platform: string) => candidates(undefined, "/venv/python", platform).map(({ command }) => command);
    assert.deepEqual(commands("linux"), ["/venv/python", "python3", "python"]);
    assert.deepEqual(commands("win32"), ["/venv/python", "python3", "python", "py"]);
});

test("the first candidate that is new enough is taken, and no further one is started", async () => {
    const answers = new Map([["old", "3.8.1\n"], ["good", "3.12.0\n"], ["better", "3.13.0\n"]]);
    const list: Candidate[] = ["missing", "old", "good", "better"].map((command) => ({ command, args: [] }));
    const started: string[] = [];
    const found = await firstSupported(list, async ({ command }) => {
        started.push(command);
        return answers.get(command);
    });
    assert.equal(found?.command, "good");
    assert.deepEqual(started, ["missing", "old", "good"]);
});

test("a command that does not exist answers nothing", async () => {
    const answer = await systemProbe(process.cwd())({ command: "pairlog-no-such-python", args: [] });
    assert.equal(answer, undefined);
});
