"""A store that was put back from a backup: what was taken back since then is taken back again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, insert, select
from sqlmodel import col

from collector_api import blobs, erasure, forgetting, ledger, redacting, thawing
from collector_api.archive import Database, InLake
from collector_api.limits import Limits
from collector_api.problems import Problem
from collector_api.redactions import read_redaction, read_window
from collector_api.tables import Contributor, RedactionRow, SessionRow, Tombstone

#: What was taken once is not too much to take again.
_ANY = Limits(redaction_spans_max=2**62, session_spans_max=2**62, sessions_max=2**62)


@dataclass
class Done:
    """How many sessions were erased, and how often something of one was taken back, since the backup."""

    erased: int = 0
    taken_back: int = 0


def obey(store: Database, old: Engine) -> Done:
    """Take back what was taken back in the store that was in use until the restore."""
    done = Done()
    with old.begin() as connection:
        gone = select(Contributor).where(col(Contributor.erased_at).is_not(None))
        contributors: list[int] = [row.id for row in connection.execute(gone)]
        stones = [Tombstone(**row._mapping) for row in connection.execute(select(Tombstone))]
        ledger_rows = [
            RedactionRow(**row._mapping)
            for row in connection.execute(select(RedactionRow).order_by(col(RedactionRow.id)))
        ]
        news = {row.id: _contents(connection, row) for row in ledger_rows if row.kind == "redaction"}
    for stone in stones:
        done.erased += store.written(partial(_bury, stone=stone))
    with store.reading() as connection:
        here = dict(connection.execute(select(col(Contributor.id), col(Contributor.erased_at))).all())
    for contributor in contributors:
        if contributor in here and here[contributor] is None:
            done.erased += erasure.erase_contributor(store, contributor, lambda session: None)
    for row in ledger_rows:
        if row.contributor_id in here:
            done.taken_back += _taken_back(store, row, news.get(row.id, {}))
    return done


def _bury(connection: Connection, stone: Tombstone) -> int:
    """Erase a session that was erased after the backup; returns how many were here."""
    known = select(col(Tombstone.id)).where(col(Tombstone.session_id) == stone.session_id)
    if connection.execute(known).first() is not None:
        return 0
    found = connection.execute(select(SessionRow).where(col(SessionRow.id) == stone.session_id)).one_or_none()
    if found is not None:
        erasure.erase(connection, SessionRow(**found._mapping))
        return 1
    owner = select(col(Contributor.id)).where(col(Contributor.id) == stone.contributor_id)
    if connection.execute(owner).first() is not None:
        values = stone.model_dump(exclude={"id"})
        connection.execute(insert(Tombstone).values(values))
    return 0


def _contents(connection: Connection, row: RedactionRow) -> dict[str, bytes]:
    """The contents that took the place of others."""
    found = {}
    for _, new in read_redaction(row.body, _ANY).blobs:
        if blobs.present(connection, row.contributor_id, [new]):
            found[new] = blobs.of_contributor(connection, row.contributor_id, new)
    return found


def _taken_back(store: Database, row: RedactionRow, contents: dict[str, bytes]) -> int:
    again = partial(_again, row=row, contents=contents)
    try:
        return store.written(again)
    except InLake:
        thawing.thaw(store, row.session_id)
        return store.written(again)


def _again(connection: Connection, row: RedactionRow, contents: dict[str, bytes]) -> int:
    """Take back what a row of the old ledger says; returns whether that was new."""
    session, contributor = row.session_id, row.contributor_id
    try:
        if ledger.revision_of(connection, session, contributor, row.request) is not None:
            return 0
        for data in contents.values():
            blobs.keep(connection, contributor, data)
        if row.kind == "forget":
            window = read_window(row.body)
            plan = forgetting.plan(connection, session, contributor, window)
            forgetting.forget(connection, session, contributor, window, plan, _ANY)
        else:
            redacting.redact(connection, session, contributor, read_redaction(row.body, _ANY), _ANY)
    except Problem:
        # Of a session that was erased since.
        return 0
    return 1
