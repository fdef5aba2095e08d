import assert from "node:assert/strict";
import { test } from "node:test";
import { insertion } from "../src/insertion";

test("what was inserted is found where it stands", () => {
    assert.deepEqual(insertion("total = \n", "total = sum(prices)\n"), { offset: 8, text: "sum(prices)" });
});

test("what repeats its surroundings is found once", () => {
    assert.deepEqual(insertion("aa", "aaa"), { offset: 2, text: "a" });
});

test("a replaced stretch counts as what stands there now", () => {
    assert.deepEqual(insertion("x = to", "x = total"), { offset: 6, text: "tal" });
});

test("nothing came where nothing changed, or something went", () => {
    assert.equal(insertion("abc", "abc"), undefined);
    assert.equal(insertion("abc", "ac"), undefined);
});
