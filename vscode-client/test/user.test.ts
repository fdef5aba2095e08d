import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isLowered, LEVELS, type Choice } from "../src/observation";
import { flagOf, listOf, numberOf, textOf } from "../src/user";

const OF_WORKSPACE = { workspaceValue: ["**"], workspaceFolderValue: ["**"] };

test("what a workspace sets is not read", () => {
    assert.equal(textOf({ workspaceValue: "http://192.0.2.1", workspaceFolderValue: "http://192.0.2.1" }), undefined);
    assert.equal(textOf({ globalValue: " http://127.0.0.1:1 ", workspaceValue: "http://192.0.2.1" }), "http://127.0.0.1:1");
    assert.deepEqual(listOf(OF_WORKSPACE), []);
    assert.deepEqual(listOf({ globalValue: ["*.csv", "", 7], ...OF_WORKSPACE }), ["*.csv"]);
});

test("a setting that is not there, or of another type, is none", () => {
    assert.deepEqual([textOf(undefined), textOf({ globalValue: "  " }), textOf({ globalValue: 7 })], [undefined, undefined, undefined]);
    assert.deepEqual([listOf(undefined), listOf({ globalValue: "*" })], [[], []]);
});

test("a workspace can set no setting: the editor refuses all of them there, and none is consent", () => {
    const { contributes } = JSON.parse(readFileSync("package.json", "utf8")) as {
        contributes: { configuration: { properties: Record<string, { scope: string }> } };
    };
    const settings = Object.entries(contributes.configuration.properties);
    assert.deepEqual(settings.filter(([, { scope }]) => !["machine", "application"].includes(scope)), []);
    assert.deepEqual(settings.map(([name]) => name).filter((name) => /consent|token|key/i.test(name)), []);
});

test("a choice is lowered where it lets less be recorded", () => {
    const choices = LEVELS.map((level): Choice => ({ level, use: "private" }));
    const lowered = choices.map((before) => choices.filter((after) => isLowered(before, after)).map(({ level }) => level));
    assert.deepEqual(lowered, [[], ["off"], ["off", "metadata"], ["off", "metadata", "content"]]);
});

test("what the user alone switched on is on", () => {
    assert.deepEqual([flagOf({ globalValue: true }), flagOf({ workspaceValue: true }), flagOf(undefined)], [true, false, false]);
});

test("a number is the user's own, and 0 is none", () => {
    const found = [{ globalValue: 4318 }, { workspaceValue: 4318 }, { globalValue: 0 }, { globalValue: "4318" }, undefined];
    assert.deepEqual(found.map(numberOf), [4318, undefined, undefined, undefined, undefined]);
});
