"""The store that a restored one takes the place of: what it still tells of what was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import col

from collector_api.database.tables import (
    Contributor,
    CounterRow,
    Member,
    RedactionRow,
    SessionRow,
    Study,
    Token,
    Tombstone,
)
from collector_api.limits import Limits
from collector_api.lines.redactions import read_redaction
from collector_api.problems import Problem
from collector_api.rows import archive, blobs

_ANY = Limits(redaction_spans_max=2**62)


class Permitted(NamedTuple):
    """What was last permitted of a session."""

    session: str
    use: str
    consent: str


class Left(NamedTuple):
    """Somebody left a study."""

    study: str
    contributor: int
    at: str


@dataclass
class Predecessor:
    """What a store told; `contents` are those that took the place of others, by the row of the ledger.

    `unread` names what of it could not be read, and why.
    """

    contributors: list[Contributor] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    stones: list[Tombstone] = field(default_factory=list)
    ledger: list[RedactionRow] = field(default_factory=list)
    contents: dict[int | None, dict[str, bytes]] = field(default_factory=dict)
    permitted: list[Permitted] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    lakes: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


def read(engine: Engine) -> Predecessor:
    """What a store tells, as far as it can be read."""
    found = Predecessor()
    with engine.connect() as connection:

        def rows(question: Any, what: str) -> Iterator[Any]:
            try:
                yield from connection.execute(question).all()
            except DBAPIError as error:
                found.unread.append(f"{what} ({error.orig})")

        found.contributors = [Contributor(**it._mapping) for it in rows(select(Contributor), "contributors")]
        found.tokens = [Token(**it._mapping) for it in rows(select(Token), "tokens")]
        stones = select(Tombstone).where(col(Tombstone.first).is_(None)).order_by(col(Tombstone.id))
        found.stones = [Tombstone(**it._mapping) for it in rows(stones, "tombstones")]
        ledger = select(RedactionRow).order_by(col(RedactionRow.id))
        found.ledger = [RedactionRow(**it._mapping) for it in rows(ledger, "redactions")]
        uses = select(col(SessionRow.id), col(SessionRow.use), col(SessionRow.consent))
        found.permitted = [Permitted(*it) for it in rows(uses, "sessions")]
        left = (
            select(col(Study.name), col(Member.contributor_id), col(Member.left_at))
            .join(Study, col(Study.id) == col(Member.study_id))
            .where(col(Member.left_at).is_not(None))
        )
        found.left = [Left(*it) for it in rows(left, "studies")]
        found.counters = {it.name: it.value for it in rows(select(CounterRow), "counters")}
        try:
            found.contents = {row.id: _contents(connection, row) for row in found.ledger}
            found.lakes = archive.lakes(connection)
        except (DBAPIError, Problem) as error:
            found.unread.append(f"contents and lakes ({error})")
    return found


def _contents(connection: Connection, row: RedactionRow) -> dict[str, bytes]:
    if row.kind != "redaction":
        return {}
    return {
        new: blobs.of_contributor(connection, row.contributor_id, new)
        for _, new in read_redaction(row.body, _ANY).blobs
        if blobs.present(connection, row.contributor_id, [new])
    }
