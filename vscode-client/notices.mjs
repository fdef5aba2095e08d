// Prints the licences of the npm packages that esbuild bundled, as its metafile names them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const { inputs } = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const folders = new Set(
    Object.keys(inputs).flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []),
);

for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf-8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined || !existsSync(join(folder, file))) {
        throw new Error(`${name} ${version} (${license}) has no licence file; it cannot be bundled without one`);
    }
    console.log(`${name} ${version}\n\n${readFileSync(join(folder, file), "utf-8").trim()}\n\n${"-".repeat(80)}\n`);
}
