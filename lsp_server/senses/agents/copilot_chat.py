"""The events of Copilot Chat in VS Code, as its documentation describes them; docs/agents.md has the version.

Its tool calls bear no id of their own and no arguments. What the model was asked comes, where it does, as the
whole conversation, the contents of files between. Nobody held those against the deny list: it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lsp_server.senses.agents.logs import Record
from lsp_server.senses.agents.steps import Reading, Step, agent, checked, duration_ms, feedback, id_of

#: What says that an event with a name of the common conventions is Copilot Chat's.
SERVICE = "copilot-chat"

_RATINGS = {"positive": 1, "accepted": 1, "negative": -1, "rejected": -1}


def _inference(record: Record) -> Iterator[Step]:
    if record.text("error.type") is None:
        model = record.text("gen_ai.response.model") or record.text("gen_ai.request.model")
        yield _agent(record, "message", id_of(record, "gen_ai.response.id"), model=model)


def _tool_call(record: Record) -> Iterator[Step]:
    name, tool = f"copilot-{record.mark}", record.text("gen_ai.tool.name")
    yield _agent(record, "tool_call", name, tool=tool)._replace(before_ms=duration_ms(record))
    yield _agent(record, "tool_result", name, tool=tool, text=record.text("error.type"))


def _vote(record: Record) -> Iterator[Step]:
    yield feedback(id_of(record, "request_id"), _RATINGS.get(record.text("rating") or ""))


def _outcome(record: Record) -> Iterator[Step]:
    outcome = record.text("outcome")
    yield feedback(id_of(record, "request_id"), _RATINGS.get(outcome or ""), outcome)


def _agent(record: Record, phase: str, name: str, **fields: Any) -> Step:
    conversation = record.text("gen_ai.conversation.id") or record.text("session.id")
    return agent(SERVICE, conversation and checked(conversation), phase, name, **fields)


READINGS: dict[str, Reading] = {
    "gen_ai.client.inference.operation.details": _inference,
    "copilot_chat.tool.call": _tool_call,
    "copilot_chat.user.feedback": _vote,
    "copilot_chat.edit.feedback": _outcome,
    "copilot_chat.edit.hunk.action": _outcome,
}

#: Known, and of no use for the story of the code, or without an id that says of what they are.
SILENT = {
    "copilot_chat.agent.turn",
    "copilot_chat.cloud.session.invoke",
    "copilot_chat.edit.survival",
    "copilot_chat.inline.done",
    "copilot_chat.inline_agent_survey",
    "copilot_chat.session.start",
}
