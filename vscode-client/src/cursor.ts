// Where typing leaves the cursor. A selection that an edit already implies is not worth a line of its own.

import type { Selection } from "./observation";

/** The part of a document's change that moves the cursor. */
export interface Insertion {
    range: { start: { line: number; character: number } };
    text: string;
}

/** The cursor after the change, where it ends up by itself: behind the inserted text. */
export function impliedCursor(change: Insertion): Selection {
    const lines = change.text.split(/\r\n|\r|\n/);
    const last = lines[lines.length - 1] ?? "";
    const { line, character } = change.range.start;
    const endLine = line + lines.length - 1;
    const endColumn = lines.length === 1 ? character + last.length : last.length;
    return [endLine, endColumn, endLine, endColumn];
}

/** Whether these selections are the one cursor that the change before left behind. */
export function isImplied(selections: Selection[], implied: Selection | undefined): boolean {
    const [only, second] = selections;
    return (
        implied !== undefined &&
        only !== undefined &&
        second === undefined &&
        only.every((number, index) => number === implied[index])
    );
}
