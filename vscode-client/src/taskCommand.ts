// The command line of a task, as a person would read it.

type Word = string | { value: string };

/** A task's execution as the editor has it: of a shell, of a process, or of an extension's own making. */
export interface Executed {
    commandLine?: string;
    command?: Word;
    process?: string;
    args?: readonly Word[];
}

/** The task's name stands for what an extension does by itself. */
export function taskCommand(name: string, executed: Executed | undefined): string {
    if (executed?.commandLine) {
        return executed.commandLine;
    }
    const program = executed?.process ?? executed?.command;
    return program === undefined ? name : [program, ...(executed?.args ?? [])].map(word).join(" ");
}

function word(told: Word): string {
    const text = typeof told === "string" ? told : told.value;
    return /[\s"']/.test(text) ? JSON.stringify(text) : text;
}
