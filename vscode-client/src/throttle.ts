// Lets through at most one value per interval and key; the newest value of a key is never lost.

export interface Timers {
    set(action: () => void, delayMs: number): unknown;
    clear(timer: unknown): void;
}

const SYSTEM: Timers = {
    set: (action, delayMs) => setTimeout(action, delayMs),
    clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

interface Pending<Value> {
    timer: unknown;
    value?: Value;
}

export class Throttle<Value> {
    private readonly pending = new Map<string, Pending<Value>>();

    constructor(
        private readonly intervalMs: number,
        private readonly emit: (value: Value) => void,
        private readonly timers: Timers = SYSTEM,
    ) {}

    /** Emits at once where the key has been quiet, else the newest value when the interval is over. */
    offer(key: string, value: Value): void {
        const pending = this.pending.get(key);
        if (pending) {
            pending.value = value;
            return;
        }
        this.rest(key);
        this.emit(value);
    }

    /** Emits what waits under the key now: something is about to happen that must come after it. */
    flush(key: string): void {
        const pending = this.pending.get(key);
        if (pending?.value === undefined) {
            return;
        }
        this.timers.clear(pending.timer);
        this.rest(key);
        this.emit(pending.value);
    }

    /** Emits all that waits and stops every timer. */
    close(): void {
        for (const key of [...this.pending.keys()]) {
            this.flush(key);
            this.forget(key);
        }
    }

    /** Drops what waits under the key. */
    forget(key: string): void {
        const pending = this.pending.get(key);
        if (pending) {
            this.timers.clear(pending.timer);
            this.pending.delete(key);
        }
    }

    private rest(key: string): void {
        this.pending.set(key, { timer: this.timers.set(() => this.wake(key), this.intervalMs) });
    }

    private wake(key: string): void {
        const value = this.pending.get(key)?.value;
        this.pending.delete(key);
        if (value !== undefined) {
            this.rest(key);
            this.emit(value);
        }
    }
}
