// The language client of one folder's recorder, without what VS Code allows only once.

import type { DynamicFeature, StaticFeature } from "vscode-languageclient/node";
import { ExecuteCommandRequest, LanguageClient } from "vscode-languageclient/node";

export class RecorderClient extends LanguageClient {
    /** A command's name is taken once in an editor: two folders' recorders would fight for `pairlog.pause`. */
    override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
        if ("registrationType" in feature && feature.registrationType.method === ExecuteCommandRequest.method) {
            return;
        }
        super.registerFeature(feature);
    }
}
