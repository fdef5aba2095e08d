// Another extension with inline completions, about which Pairlog is told nothing.

const vscode = require("vscode");

exports.activate = ({ subscriptions }) => {
    const provideInlineCompletionItems = (document, position) =>
        document.lineAt(position).text.endsWith(" = ") ? [new vscode.InlineCompletionItem("total(items)")] : [];
    subscriptions.push(
        vscode.languages.registerInlineCompletionItemProvider({ scheme: "file" }, { provideInlineCompletionItems }),
    );
};
