"""Which sessions somebody looks for, as a condition on their rows."""

from __future__ import annotations

from sqlalchemy import ColumnElement
from sqlmodel import col, func

from collector_api.database.tables import Contributor, SessionRow, VerdictRow
from pairlog.facts import joined
from pairlog.names import composed
from pairlog.source.wanted import Wanted


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What must hold of a row of sessions, joined with its contributor and the verdict in force."""
    found: list[ColumnElement[bool]] = []
    for name in ("has_tests", "has_completions", "study", "condition"):
        value = getattr(wanted, name)
        if value is not None:
            found.append(col(getattr(SessionRow, name)) == value)
    if wanted.contributor is not None:
        found.append(col(Contributor.name) == composed(wanted.contributor))
    if wanted.verified is not None:
        found.append(col(VerdictRow.verified).is_(wanted.verified))
    if wanted.project is not None:
        found.append(col(SessionRow.project).startswith(wanted.project, autoescape=True))
    if wanted.editor is not None:
        found.append(func.lower(col(SessionRow.editor)).contains(wanted.editor.lower(), autoescape=True))
    if wanted.language is not None:
        language = joined([wanted.language.lower()])
        found.append(func.lower(col(SessionRow.languages)).contains(language, autoescape=True))
    if wanted.since is not None:
        found.append(col(SessionRow.started_at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(SessionRow.started_at) < wanted.until)
    return found
