"""Transcripts in the form of Claude Code's, made line by line."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

SESSION = "5c0ffee0-0000-4000-8000-000000000002"


class TranscriptBuilder:
    """Lines in the order of the calls; `at_ms` counts from 1970."""

    def __init__(self, folder: str = "/home/dev/shop", at_ms: int = 1_785_744_000_000) -> None:
        self.folder = folder
        self.at_ms = at_ms
        self.lines: list[dict[str, Any]] = []
        self._calls = 0

    @property
    def data(self) -> bytes:
        return b"".join(json.dumps(line).encode() + b"\n" for line in self.lines)

    def write(self, file: Path) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.data)
        return file

    def add(self, kind: str, content: Any, **fields: Any) -> None:
        """A line with a message."""
        number = len(self.lines)
        moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=self.at_ms)
        self.lines.append(
            {
                "type": kind,
                "uuid": f"line{number}",
                "parentUuid": f"line{number - 1}" if number else None,
                "sessionId": SESSION,
                "cwd": self.folder,
                "version": "2.1.220",
                "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "message": {"role": kind, "content": content},
                **fields,
            }
        )

    def prompt(self, text: str) -> None:
        """A person asks for something."""
        self.add("user", text)

    def call(self, tool: str, **given: Any) -> str:
        """A tool is called; returns the id of the call."""
        self._calls += 1
        self.add(
            "assistant", [{"type": "tool_use", "id": f"call{self._calls}", "name": tool, "input": given}]
        )
        return f"call{self._calls}"

    def result(self, call: str, result: Any = None, *, is_error: bool = False) -> None:
        """The call ended."""
        block = {"type": "tool_result", "tool_use_id": call, "content": "done", "is_error": is_error}
        self.add("user", [block], **({} if result is None else {"toolUseResult": result}))

    def writes(self, path: str, before: str | None, after: str, took_ms: int = 0) -> str:
        """`Write` puts a text in the place of a file's; `before` None: there was none."""
        file = f"{self.folder}/{path}"
        call = self.call("Write", file_path=file, content=after)
        self.at_ms += took_ms
        kind = "create" if before is None else "update"
        patch = [] if before is None else hunks(before, after)
        told = {"type": kind, "filePath": file, "content": after, "originalFile": before}
        self.result(call, {**told, "structuredPatch": patch})
        return call

    def edits(self, path: str, before: str, old: str, new: str, took_ms: int = 0, **told: Any) -> str:
        """`Edit` puts `new` in the place of every `old`."""
        file = f"{self.folder}/{path}"
        given = {"file_path": file, "old_string": old, "new_string": new, "replace_all": True}
        call = self.call("Edit", **given)
        self.at_ms += took_ms
        patch = hunks(before, before.replace(old, new))
        result = {"filePath": file, "oldString": old, "newString": new, "replaceAll": True}
        self.result(call, {**result, "originalFile": before, "structuredPatch": patch, **told})
        return call


def hunks(before: str, after: str) -> list[dict[str, Any]]:
    """The hunks of jsdiff's `structuredPatch`, without lines around them."""
    old, new = before.split("\n"), after.split("\n")
    for lines in (old, new):
        # A line without its line break is another one than with it.
        last = lines.pop()
        lines += [f"{last}\0"] if last else []
    found: list[dict[str, Any]] = []
    for tag, a, a_end, b, b_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        shown: list[str] = []
        for line in [*(f"-{it}" for it in old[a:a_end]), *(f"+{it}" for it in new[b:b_end])]:
            shown.append(line.removesuffix("\0"))
            if line.endswith("\0"):
                shown.append("\\ No newline at end of file")
        sizes = {"oldStart": a + 1, "oldLines": a_end - a, "newStart": b + 1, "newLines": b_end - b}
        found.append({**sizes, "lines": shown})
    return found
