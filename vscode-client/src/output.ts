// What a program printed, without a terminal's colours and movements: the end of it, as it says there why it fails.

/** Control sequences of terminals (ECMA-48): CSI, OSC and the short ones; and the bell, backspace and their like. */
const CONTROL =
    /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]/g;

/** The last characters of an output, however long it becomes. */
export class Output {
    private kept = "";
    private cut = 0;

    constructor(private readonly charsMax = 16 * 1024) {}

    add(text: string): void {
        this.kept += text;
        // Cut now and then only, or a talkative program costs as much for each piece as for all of it.
        if (this.kept.length > 4 * this.charsMax) {
            this.cutTo(2 * this.charsMax);
        }
    }

    /** The text; where its beginning is missing, a first line says how much. */
    toString(): string {
        this.kept = this.kept.replace(CONTROL, "").replace(/\r\n/g, "\n");
        this.cutTo(this.charsMax);
        return this.cut > 0 ? `[${this.cut} characters before this were cut]\n${this.kept}` : this.kept;
    }

    private cutTo(chars: number): void {
        const over = this.kept.length - chars;
        if (over > 0) {
            this.cut += over;
            this.kept = this.kept.slice(over);
        }
    }
}
