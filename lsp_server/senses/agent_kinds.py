"""Which steps an event of an agent becomes, whoever the agent is; pure."""

from __future__ import annotations

from lsp_server.senses import claude_code_events, copilot_chat_events
from lsp_server.senses.agent_steps import Step
from lsp_server.senses.otlp_logs import Record

_SILENT = claude_code_events.SILENT | copilot_chat_events.SILENT
_READINGS = {**claude_code_events.READINGS, **copilot_chat_events.READINGS}
_COMMON = "gen_ai."


class Unknown(Exception):
    """An event that this version does not know."""


def steps(record: Record) -> list[Step]:
    """What an event becomes; nothing where it is known and says nothing of the work.

    Raises Unknown, and ValueError for an event without its fields.
    """
    if record.name in _SILENT:
        return []
    is_others = record.name.startswith(_COMMON) and record.text("service.name") != copilot_chat_events.SERVICE
    reading = _READINGS.get(record.name)
    if reading is None or is_others:
        raise Unknown
    return list(reading(record))
