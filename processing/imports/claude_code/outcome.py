"""What a tool call did to a file, as far as the transcript tells it; pure."""

from __future__ import annotations

from typing import Any, NamedTuple

from processing.imports.claude_code.patch import Misfit, apply, are_alike

#: The tools that write files.
WRITING = frozenset(("Edit", "MultiEdit", "Write", "NotebookEdit"))


class Outcome(NamedTuple):
    """The file's text before and after; None where it is not known."""

    before: str | None
    after: str | None


def outcome(tool: str, given: dict[str, Any], result: object, known: str | None) -> Outcome | None:
    """What a call with this input did; None where it did nothing, as when a person turned it down.

    `result` is its `toolUseResult`, None where the transcript has none; `known` is the text that the file
    had when it was last told.
    """
    if result is None:
        result = {}
    if not isinstance(result, dict) or result.get("error"):
        return None
    if tool == "NotebookEdit":
        before, after = _text(result, "original_file"), _text(result, "updated_file")
        return Outcome(known if before is None else before, after)
    hunks = result.get("structuredPatch")
    patch = hunks if isinstance(hunks, list) else []
    told = _text(result, "originalFile", "originalFileContents")
    before = known if told is None else told
    if tool == "Write":
        return _written(_text(result, "content") or _text(given, "content"), before, result, patch)
    return _edited(_edits(given, result), before, patch)


def whole_text(result: object) -> tuple[str, str] | None:
    """The path and the text of a file that was read as a whole; None where a part may be missing.

    A text without a line break at its end is not taken: some versions leave the last one out.
    """
    file = result.get("file") if isinstance(result, dict) else None
    if not isinstance(file, dict):
        return None
    path, text = file.get("filePath"), file.get("content")
    is_whole = file.get("startLine") == 1 and file.get("numLines") == file.get("totalLines")
    if isinstance(path, str) and isinstance(text, str) and text.endswith("\n") and is_whole:
        return path, text
    return None


def _written(text: str | None, before: str | None, result: dict[str, Any], patch: list[Any]) -> Outcome:
    if result.get("type") == "create":
        return Outcome("", text)
    if before is not None and text is not None and patch and not _fits(before, text, patch):
        return Outcome(None, text)
    return Outcome(before, text)


def _edited(edits: list[tuple[str, str, bool]], before: str | None, patch: list[Any]) -> Outcome:
    if before is None and edits and edits[0][0] == "":
        # Only a file that is not there, or is empty, is edited without a text to look for.
        before = ""
    if before is None:
        return Outcome(None, None)
    after = _replaced(before, edits)
    if not patch or (after is not None and _fits(before, after, patch)):
        return Outcome(before, after)
    try:
        patched = apply(before, patch)
    except Misfit:
        return Outcome(before, None)
    return Outcome(before, patched.text if patched.is_exact else None)


def _fits(before: str, after: str, patch: list[Any]) -> bool:
    try:
        return are_alike(apply(before, patch).text, after)
    except Misfit:
        return False


def _replaced(text: str, edits: list[tuple[str, str, bool]]) -> str | None:
    """The text after all edits; None where one of them has no one place."""
    if not edits:
        return None
    for old, new, is_all in edits:
        if old == "":
            if text.strip():
                return None
            text = new
        elif old in text and (is_all or text.count(old) == 1):
            text = text.replace(old, new)
        else:
            return None
    return text


def _edits(given: dict[str, Any], result: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """`(old, new, everywhere)` for each edit; as the result tells them, which a person may have changed."""
    several = result.get("edits") or given.get("edits")
    if isinstance(several, list):
        return [it for edit in several if isinstance(edit, dict) for it in _edit(edit)]
    return _edit(result) or _edit(given)


def _edit(fields: dict[str, Any]) -> list[tuple[str, str, bool]]:
    old, new = _text(fields, "oldString", "old_string"), _text(fields, "newString", "new_string")
    if old is None or new is None:
        return []
    return [(old, new, bool(fields.get("replaceAll", fields.get("replace_all", False))))]


def _text(fields: dict[str, Any], *names: str) -> str | None:
    return next((fields[name] for name in names if isinstance(fields.get(name), str)), None)
