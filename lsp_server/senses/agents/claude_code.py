"""The events of Claude Code, as its documentation describes them (docs/agents.md has the version); pure.

Ids are Claude Code's own, so that they are those of `pairlog import claude-code` for messages and tool calls.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lsp_server.senses.agents.logs import Record
from lsp_server.senses.agents.steps import Reading, Step, agent, checked, duration_ms, feedback, id_of

_REDACTED = "<REDACTED>"
_FILES = ("file_path", "notebook_path", "path")
_FILE = re.compile(r'"(?:file_path|notebook_path)":\s*("(?:[^"\\]|\\.)*")')


def _user_prompt(record: Record) -> Iterator[Step]:
    named = record.text("prompt.id") or _numbered(record)
    yield _agent(record, "prompt", checked(named), parent=None, text=_said(record, "prompt"))


def _assistant_response(record: Record) -> Iterator[Step]:
    named = record.text("message.uuid") or record.text("request_id") or _numbered(record)
    model, text = record.text("model"), _said(record, "response")
    yield _agent(record, "message", checked(named), model=model, text=text)


def _tool_decision(record: Record) -> Iterator[Step]:
    """What a person decided, and a call that will have no result; others are told with theirs."""
    call, source = id_of(record, "tool_use_id"), record.text("source")
    is_person = source is not None and source.startswith("user_")
    if record.text("decision") != "reject":
        if is_person:
            yield feedback(call, 1, source)
        return
    arguments = record.text("tool_parameters")
    yield _agent(record, "tool_call", call, tool=record.text("tool_name"), text=arguments)
    yield feedback(call, -1 if source == "user_reject" else None, source)


def _tool_result(record: Record) -> Iterator[Step]:
    call = id_of(record, "tool_use_id")
    arguments, paths = _arguments(record)
    told: dict[str, Any] = {"tool": record.text("tool_name"), "paths": paths}
    made = _agent(record, "tool_call", call, **told, text=arguments)
    yield made._replace(before_ms=duration_ms(record))
    has_failed = record.attributes.get("success") in (False, "false")
    failure = (record.text("error") or record.text("error_type")) if has_failed else None
    yield _agent(record, "tool_result", call, **told, text=failure)


def _agent(record: Record, phase: str, name: str, **fields: Any) -> Step:
    prompt = record.text("prompt.id")
    told = {"parent": prompt and checked(prompt), **fields}
    return agent("claude-code", id_of(record, "session.id"), phase, name, **told)


def _numbered(record: Record) -> str:
    number = record.attributes.get("event.sequence")
    if type(number) is not int:
        raise ValueError("event.sequence")
    return f"{id_of(record, 'session.id')}#{number}"


def _said(record: Record, key: str) -> str | None:
    text = record.text(key)
    return None if text == _REDACTED else text


def _arguments(record: Record) -> tuple[str | None, list[str] | None]:
    """The arguments of a call as they were told, and the file that they name.

    Of arguments that were cut off only the name of the file is told: nobody could say which others they name.
    """
    told = record.text("tool_input")
    if told is None:
        return record.text("tool_parameters"), None
    try:
        given = json.loads(told)
    except (ValueError, RecursionError):
        cut = _FILE.search(told)
        path = _unquoted(cut[1]) if cut else ""
        return None, [path] if path else None
    named = [given.get(it) for it in _FILES] if isinstance(given, dict) else []
    return told, [it for it in named if isinstance(it, str) and it] or None


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text, strict=False))
    except ValueError:
        return ""


READINGS: dict[str, Reading] = {
    "claude_code.user_prompt": _user_prompt,
    "claude_code.assistant_response": _assistant_response,
    "claude_code.tool_decision": _tool_decision,
    "claude_code.tool_result": _tool_result,
}

#: Known, and of no use for the story of the code: what it cost, how the program is set up.
SILENT = {
    "claude_code.api_error",
    "claude_code.api_refusal",
    "claude_code.api_request",
    "claude_code.api_request_body",
    "claude_code.api_response_body",
    "claude_code.api_retries_exhausted",
    "claude_code.at_mention",
    "claude_code.auth",
    "claude_code.compaction",
    "claude_code.feedback_survey",
    "claude_code.hook_execution_complete",
    "claude_code.hook_execution_start",
    "claude_code.hook_plugin_metrics",
    "claude_code.hook_registered",
    "claude_code.internal_error",
    "claude_code.managed_settings_resolved",
    "claude_code.mcp_server_connection",
    "claude_code.permission_mode_changed",
    "claude_code.plugin_installed",
    "claude_code.plugin_loaded",
    "claude_code.retention_sweep",
    "claude_code.skill_activated",
    "claude_code.subagent_completed",
}
