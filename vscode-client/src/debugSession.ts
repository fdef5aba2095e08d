// What a debug session's configuration and its adapter's messages say of the program that is debugged.

/** A message of the Debug Adapter Protocol, as far as it matters here. */
export interface AdapterMessage {
    type?: string;
    event?: string;
    body?: { category?: string; output?: string; exitCode?: number };
}

/** The command line of a launch configuration; its name where it says no program. */
export function debugCommand(name: string, configuration: Record<string, unknown>): string {
    const { program, module, args } = configuration;
    const begin = typeof program === "string" ? program : typeof module === "string" ? `python -m ${module}` : name;
    const more = Array.isArray(args) ? args.map(String) : typeof args === "string" ? [args] : [];
    return [begin, ...more].join(" ");
}

/** What the program printed, as far as this message says so. */
export function printed({ type, event, body }: AdapterMessage): string {
    const isProgram = body?.category === "stdout" || body?.category === "stderr";
    return type === "event" && event === "output" && isProgram ? (body.output ?? "") : "";
}

/** How the program ended; undefined where this message says nothing of it. */
export function exitCode({ type, event, body }: AdapterMessage): number | undefined {
    return type === "event" && event === "exited" ? body?.exitCode : undefined;
}
