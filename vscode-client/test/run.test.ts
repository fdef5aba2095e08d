import assert from "node:assert/strict";
import { test } from "node:test";
import { debugCommand, exitCode, printed } from "../src/debugSession";
import { Output } from "../src/output";
import { Run, type Command } from "../src/run";
import { taskCommand } from "../src/taskCommand";

async function told(command: Command, act: (run: Run) => Promise<void>): Promise<object[]> {
    const observations: object[] = [];
    let time = 1000;
    const run = new Run((observation) => observations.push(observation), "terminal", command, () => (time += 40), "r1");
    await act(run);
    return observations;
}

const ABOUT = { type: "run", id: "r1", kind: "terminal", evidence: "reported" };

test("a run is told as it starts, and when it is over with its output, its exit code and how long it took", async () => {
    async function* pieces() {
        yield "\x1b[31mFAILED\x1b[0m ";
        await new Promise((resolve) => setImmediate(resolve));
        yield "test_a\r\n";
        throw new Error("the terminal is gone");
    }
    const observations = await told({ text: "pytest -q" }, async (run) => {
        run.follow(pieces());
        await run.end(1);
        await run.end(0);
    });
    assert.deepEqual(observations, [
        { ...ABOUT, phase: "started", command: "pytest -q" },
        { ...ABOUT, phase: "output", output: "FAILED test_a\n" },
        { ...ABOUT, phase: "ended", exit_code: 1, duration_ms: 40 },
    ]);
});

test("a run that printed nothing and whose exit code nobody knows says so by leaving them out", async () => {
    const observations = await told({ text: "ls", isGuessed: true }, (run) => run.end());
    assert.deepEqual(observations, [
        { ...ABOUT, evidence: "inferred", phase: "started", command: "ls" },
        { ...ABOUT, evidence: "inferred", phase: "ended", duration_ms: 40 },
    ]);
});

test("a run that is told late says how long ago it began", async () => {
    const observations = await told({ text: "ls", began: 900 }, (run) => run.end());
    assert.deepEqual(observations, [
        { ...ABOUT, phase: "started", command: "ls", ms_ago: 140 },
        { ...ABOUT, phase: "ended", duration_ms: 180 },
    ]);
});

test("of a long output the end is kept, and a line says how much is missing", () => {
    const output = new Output(10);
    for (let i = 0; i < 100; i += 1) {
        output.add("0123456789");
    }
    output.add("the reason");
    assert.equal(output.toString(), "[1000 characters before this were cut]\nthe reason");
});

test("a terminal's control sequences are no output", () => {
    const output = new Output();
    output.add("\x1b]633;C\x07\x1b[?2004l\x1b[1;32mok\x1b[m\x1b(B\x07 \x1b]8;;x\x1b\\link\x1b]8;;\x1b\\\ttab\n");
    assert.equal(output.toString(), "ok link\ttab\n");
});

test("a task's command is what a person would type", () => {
    assert.equal(taskCommand("Test", { commandLine: "make test" }), "make test");
    assert.equal(taskCommand("Test", { command: "pytest", args: ["-k", { value: "a b" }] }), 'pytest -k "a b"');
    assert.equal(taskCommand("Test", { process: "/usr/bin/env", args: ["true"] }), "/usr/bin/env true");
    assert.equal(taskCommand("Test", undefined), "Test");
});

test("a debug session's command is its program, its module or its name", () => {
    assert.equal(debugCommand("Launch", { program: "a.py", args: ["-v"] }), "a.py -v");
    assert.equal(debugCommand("Launch", { module: "pytest", args: "tests" }), "python -m pytest tests");
    assert.equal(debugCommand("Attach", { request: "attach" }), "Attach");
});

test("an adapter says what a program printed and how it ended", () => {
    const event = (name: string, body: object) => ({ type: "event", event: name, body });
    assert.equal(printed(event("output", { category: "stdout", output: "hello\n" })), "hello\n");
    assert.equal(printed(event("output", { category: "telemetry", output: "x" })), "");
    assert.equal(exitCode(event("exited", { exitCode: 3 })), 3);
    assert.equal(exitCode(event("terminated", {})), undefined);
});
