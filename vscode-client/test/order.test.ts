import assert from "node:assert/strict";
import { test } from "node:test";
import { Order } from "../src/order";

/** A wire that a message reaches after some awaits, as in the language client. */
function wire() {
    const order = new Order();
    const sent: string[] = [];
    const notify = (key: string, awaits: number) =>
        order.keep(key, async () => {
            for (let hop = 0; hop < awaits; hop += 1) {
                await Promise.resolve();
            }
            await order.pass(key, async () => {
                sent.push(key);
            });
        });
    return { order, sent, notify };
}

test("a message never overtakes one whose event came before", async () => {
    const { sent, notify } = wire();
    await Promise.all([notify("cause", 3), notify("change", 1), notify("close", 0), notify("open", 2)]);
    assert.deepEqual(sent, ["cause", "change", "close", "open"]);
});

test("two messages under one key keep their order", async () => {
    const { order, sent } = wire();
    const notify = (text: string) =>
        order.keep("change", () =>
            order.pass("change", async () => {
                sent.push(text);
            }),
        );
    await Promise.all([notify("first"), notify("second")]);
    assert.deepEqual(sent, ["first", "second"]);
});

test("a message that is dropped on its way holds up nobody", async () => {
    const { order, sent, notify } = wire();
    const dropped = order.keep("select", async () => undefined);
    await Promise.all([dropped, notify("change", 0)]);
    assert.deepEqual(sent, ["change"]);
});

test("a message that fails on its way tells its sender and holds up nobody", async () => {
    const { order, sent, notify } = wire();
    const failed = order.keep("save", () => Promise.reject(new Error("not running")));
    await Promise.all([assert.rejects(failed, /not running/), notify("change", 0)]);
    assert.deepEqual(sent, ["change"]);
});

test("a failure at the wire reaches the sender", async () => {
    const { order } = wire();
    const failed = order.keep("change", () => order.pass("change", () => Promise.reject(new Error("closed"))));
    await assert.rejects(failed, /closed/);
});

test("a message without a ticket passes at once", async () => {
    const { order, sent } = wire();
    const later = order.keep("change", async () => {
        await Promise.resolve();
    });
    await order.pass("initialized", async () => {
        sent.push("initialized");
    });
    assert.deepEqual(sent, ["initialized"]);
    await later;
});
