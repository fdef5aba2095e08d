// Finds a Python that the recorder can run on. The deciding parts are pure; nothing here knows the editor.

import { execFile } from "node:child_process";
import { PYTHON_MINIMUM } from "./constants";

export interface Candidate {
    command: string;
    args: string[];
}

/** What a candidate says when asked for its version; undefined where it does not start. */
export type Probe = (candidate: Candidate) => Promise<string | undefined>;

const PROBE_TIMEOUT_MS = 10_000;
const PROBE_CODE = "import sys; print('%d.%d.%d' % sys.version_info[:3])";

/** The numbers of a version such as `3.11.7`; undefined where the text is none. */
export function parseVersion(text: string): [number, number, number] | undefined {
    const match = /^(\d+)\.(\d+)\.(\d+)\s*$/.exec(text);
    return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

/** Whether the recorder runs on this version. */
export function isSupported(version: readonly [number, number, number] | undefined): boolean {
    if (version === undefined) {
        return false;
    }
    const [major, minor] = PYTHON_MINIMUM;
    return version[0] === major && version[1] >= minor;
}

/** The pythons to try, best first. One that the user named is the only one. */
export function candidates(named: string | undefined, selected: string | undefined, platform: string): Candidate[] {
    if (named) {
        return [{ command: named, args: [] }];
    }
    const found: Candidate[] = selected ? [{ command: selected, args: [] }] : [];
    found.push({ command: "python3", args: [] }, { command: "python", args: [] });
    if (platform === "win32") {
        found.push({ command: "py", args: ["-3"] });
    }
    return found;
}

/** The first candidate that is new enough. */
export async function firstSupported(list: Candidate[], probe: Probe): Promise<Candidate | undefined> {
    for (const candidate of list) {
        const answer = await probe(candidate);
        if (answer !== undefined && isSupported(parseVersion(answer))) {
            return candidate;
        }
    }
    return undefined;
}

/** A probe that starts the candidate in `folder`, isolated: no environment, no site packages. */
export function systemProbe(folder: string): Probe {
    return ({ command, args }) =>
        new Promise((resolve) => {
            const options = { cwd: folder, timeout: PROBE_TIMEOUT_MS, windowsHide: true };
            execFile(command, [...args, "-I", "-S", "-c", PROBE_CODE], options, (error, stdout) =>
                resolve(error ? undefined : stdout),
            );
        });
}
