// What a text gained from one moment to the next: the one stretch that differs.

export interface Insertion {
    /** Where it begins, in UTF-16 units. */
    offset: number;
    text: string;
}

/** What came into a text; undefined where nothing did. */
export function insertion(before: string, after: string): Insertion | undefined {
    const limit = Math.min(before.length, after.length);
    let start = 0;
    while (start < limit && before[start] === after[start]) {
        start += 1;
    }
    let tail = 0;
    while (tail < limit - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
        tail += 1;
    }
    const text = after.slice(start, after.length - tail);
    return text === "" ? undefined : { offset: start, text };
}
