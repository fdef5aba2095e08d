"""Which steps an event of an agent becomes, whoever the agent is; pure."""

from __future__ import annotations

from lsp_server.senses.agents import claude_code, copilot_chat
from lsp_server.senses.agents.logs import Record
from lsp_server.senses.agents.steps import Step

_SILENT = claude_code.SILENT | copilot_chat.SILENT
_READINGS = {**claude_code.READINGS, **copilot_chat.READINGS}
_COMMON = "gen_ai."


class Unknown(Exception):
    """An event that this version does not know."""


def steps(record: Record) -> list[Step]:
    """What an event becomes; nothing where it is known and says nothing of the work.

    Raises Unknown, and ValueError for an event without its fields.
    """
    if record.name in _SILENT:
        return []
    is_others = record.name.startswith(_COMMON) and record.text("service.name") != copilot_chat.SERVICE
    reading = _READINGS.get(record.name)
    if reading is None or is_others:
        raise Unknown
    return list(reading(record))
