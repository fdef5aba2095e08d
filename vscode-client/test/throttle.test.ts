import assert from "node:assert/strict";
import { test } from "node:test";
import { Throttle } from "../src/throttle";

/** Timers that run when the test says so. */
function bench() {
    const timers = new Map<number, () => void>();
    const emitted: number[] = [];
    let next = 0;
    const throttle = new Throttle<number>(200, (value) => emitted.push(value), {
        set: (action) => {
            next += 1;
            timers.set(next, action);
            return next;
        },
        clear: (timer) => timers.delete(timer as number),
    });
    const tick = () => {
        const due = [...timers.values()];
        timers.clear();
        due.forEach((action) => action());
    };
    return { throttle, emitted, tick, timers };
}

test("the first value passes at once, of those behind it the newest", () => {
    const { throttle, emitted, tick } = bench();
    [1, 2, 3].forEach((value) => throttle.offer("a", value));
    assert.deepEqual(emitted, [1]);
    tick();
    assert.deepEqual(emitted, [1, 3]);
});

test("a key that has been quiet passes at once again", () => {
    const { throttle, emitted, tick } = bench();
    throttle.offer("a", 1);
    tick();
    throttle.offer("a", 2);
    assert.deepEqual(emitted, [1, 2]);
});

test("keys do not wait for each other", () => {
    const { throttle, emitted } = bench();
    throttle.offer("a", 1);
    throttle.offer("b", 2);
    assert.deepEqual(emitted, [1, 2]);
});

test("a flush emits what waits, once", () => {
    const { throttle, emitted, tick } = bench();
    throttle.offer("a", 1);
    throttle.offer("a", 2);
    throttle.flush("a");
    throttle.flush("a");
    tick();
    assert.deepEqual(emitted, [1, 2]);
});

test("closing emits what waits and leaves no timer", () => {
    const { throttle, emitted, timers } = bench();
    throttle.offer("a", 1);
    throttle.offer("a", 2);
    throttle.offer("b", 3);
    throttle.close();
    assert.deepEqual(emitted, [1, 3, 2]);
    assert.equal(timers.size, 0);
});
