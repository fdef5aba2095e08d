import assert from "node:assert/strict";
import { test } from "node:test";
import { impliedCursor, isImplied } from "../src/cursor";

const at = (line: number, character: number, text: string) => ({ range: { start: { line, character } }, text });

test("the cursor ends up behind what was inserted", () => {
    assert.deepEqual(impliedCursor(at(2, 5, "x")), [2, 6, 2, 6]);
    assert.deepEqual(impliedCursor(at(2, 5, "")), [2, 5, 2, 5]);
});

test("every kind of line break moves it down", () => {
    for (const lineBreak of ["\n", "\r\n", "\r"]) {
        assert.deepEqual(impliedCursor(at(2, 5, `a${lineBreak}  b`)), [3, 3, 3, 3]);
    }
});

test("columns count UTF-16 units, as the editor does", () => {
    assert.deepEqual(impliedCursor(at(0, 0, "😀")), [0, 2, 0, 2]);
});

test("only a single cursor at that place is implied", () => {
    assert.equal(isImplied([[0, 1, 0, 1]], [0, 1, 0, 1]), true);
    assert.equal(isImplied([[0, 0, 0, 1]], [0, 1, 0, 1]), false);
    assert.equal(isImplied([[0, 1, 0, 1], [4, 0, 4, 0]], [0, 1, 0, 1]), false);
    assert.equal(isImplied([[0, 1, 0, 1]], undefined), false);
    assert.equal(isImplied([], [0, 1, 0, 1]), false);
});
