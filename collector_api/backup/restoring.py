"""A store that was put back from a backup: what was taken back since then is taken back again.

Ids of contributors are those of one database. A person is the same in two where the id and the moment at
which they became known are, else by their name; nobody is erased by their number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, delete, insert, select, update
from sqlmodel import col, or_

from collector_api.archiving import thawing
from collector_api.backup.predecessor import Permitted, Predecessor
from collector_api.database.tables import (
    Contributor,
    CookieRow,
    Member,
    RedactionRow,
    SessionRow,
    Study,
    Token,
    Tombstone,
)
from collector_api.erasing import erasure, forgetting, redacting
from collector_api.limits import Limits
from collector_api.lines.redactions import read_redaction, read_window
from collector_api.problems import NoStorage, Problem
from collector_api.rows import archive, blobs, counters, ledger, sessions
from collector_api.rows.archive import Database, InLake
from pairlog.consent import LEVELS, USES
from pairlog.errors import UserError

#: What was taken once is not too much to take again.
_ANY = Limits(
    redaction_spans_max=2**62,
    session_spans_max=2**62,
    session_redactions_bytes_max=2**62,
    sessions_max=2**62,
)
#: How far counters go ahead where nobody knows how far they were.
_LEAP = 2**32

#: The ids of contributors here, by those in the predecessor.
People = dict[int | None, int]


@dataclass
class Done:
    """How many sessions were erased, and how often something of one was taken back, since the backup."""

    erased: int = 0
    taken_back: int = 0


def renew(store: Database, known: dict[str, int]) -> None:
    """Let counters go on above those that are known, and browsers enter anew."""

    def job(connection: Connection) -> None:
        for name in counters.NAMES:
            counters.raise_to(connection, name, known.get(name), _LEAP)
        connection.execute(delete(CookieRow))

    store.written(job)


def erase(store: Database, old: Predecessor, done: Done) -> People:
    """Erase what was erased in the predecessor; returns who is who. To ask again goes on."""
    with store.reading() as connection:
        rows = connection.execute(select(col(Contributor.id), col(Contributor.created_at)))
        here = {tuple(row) for row in rows}
    people: People = {
        row.id: row.id for row in old.contributors if row.id and (row.id, row.created_at) in here
    }
    done.erased += _bury_all(store, old, people)
    for row in old.contributors:
        if row.erased_at is not None and row.id in people:
            done.erased += _erase_person(store, people[row.id])
    # Only now a name belongs to whom it belonged to in the end.
    for row in old.contributors:
        if row.id not in people:
            people[row.id] = store.written(partial(_person, row=row))
    done.erased += _bury_all(store, old, people)
    return people


def narrow(store: Database, old: Predecessor, people: People) -> None:
    """Permit no more than the predecessor did: tokens, studies, uses and levels."""

    def job(connection: Connection) -> None:
        for token in old.tokens:
            _narrow_token(connection, token)
        for study, contributor, at in old.left:
            number = select(col(Study.id)).where(col(Study.name) == study).scalar_subquery()
            member = (col(Member.study_id) == number, col(Member.contributor_id) == people.get(contributor))
            change = update(Member).where(*member, col(Member.left_at).is_(None))
            connection.execute(change.values(left_at=at))
        question = select(col(SessionRow.id), col(SessionRow.use), col(SessionRow.consent))
        here = {row.id: Permitted(*row) for row in connection.execute(question)}
        for then in old.permitted:
            if then.session in here:
                _narrow_session(connection, here[then.session], then)

    store.written(job)


def take_back(store: Database, old: Predecessor, people: People, done: Done) -> None:
    """Mask and forget what was masked and forgotten in the predecessor.

    Raises UserError where that is in a lake that cannot be read.
    """
    for row in old.ledger:
        if row.contributor_id in people:
            contents = old.contents.get(row.id, {})
            again = partial(_again, row=row, contributor=people[row.contributor_id], contents=contents)
            done.taken_back += _taken_back(store, row.session_id, again)


def _bury_all(store: Database, old: Predecessor, people: People) -> int:
    return sum(
        store.written(partial(_bury, stone=stone, contributor=people[stone.contributor_id]))
        for stone in old.stones
        if stone.contributor_id in people
    )


def _bury(connection: Connection, stone: Tombstone, contributor: int) -> int:
    """Erase a session that was erased after the backup; returns how many were here."""
    if sessions.is_erased(connection, stone.session_id):
        return 0
    found = connection.execute(select(SessionRow).where(col(SessionRow.id) == stone.session_id)).one_or_none()
    if found is not None:
        erasure.remove(connection, SessionRow(**found._mapping))
    taken = connection.execute(select(col(Tombstone.id)).where(col(Tombstone.id) == stone.id)).first()
    number = counters.take(connection, "tombstone") if taken else stone.id
    values = {**stone.model_dump(), "id": number, "contributor_id": contributor}
    connection.execute(insert(Tombstone).values(values))
    return int(found is not None)


def _erase_person(store: Database, contributor: int) -> int:
    with store.reading() as connection:
        this = col(Contributor.id) == contributor
        erased_at = connection.execute(select(col(Contributor.erased_at)).where(this)).scalar_one()
    return 0 if erased_at else erasure.erase_contributor(store, contributor, lambda session: None)


def _person(connection: Connection, row: Contributor) -> int:
    """Somebody who is not known here by their number: by their name, or from now on."""
    named = select(col(Contributor.id)).where(col(Contributor.name) == row.name)
    found = connection.execute(named).scalar()
    if found is not None:
        return found
    connection.execute(insert(Contributor).values({**row.model_dump(exclude={"id"}), "bytes": 0}))
    number = connection.execute(named).scalar_one()
    assert number is not None
    return number


def _narrow_token(connection: Connection, token: Token) -> None:
    this = col(Token.sha256) == token.sha256
    if token.revoked_at is not None:
        change = update(Token).where(this, col(Token.revoked_at).is_(None))
        connection.execute(change.values(revoked_at=token.revoked_at))
    if token.expires_at is not None:
        later = or_(col(Token.expires_at).is_(None), col(Token.expires_at) > token.expires_at)
        connection.execute(update(Token).where(this, later).values(expires_at=token.expires_at))


def _narrow_session(connection: Connection, here: Permitted, then: Permitted) -> None:
    use = min(here.use, then.use, key=list[str](USES).index)
    consent = min(here.consent, then.consent, key=list[str](LEVELS).index)
    if (use, consent) != (here.use, here.consent):
        change = {"use": use, "consent": consent, "changed": sessions.next_change(connection)}
        connection.execute(update(SessionRow).where(col(SessionRow.id) == here.session).values(change))


def _taken_back(store: Database, session: str, again: Callable[[Connection], int]) -> int:
    try:
        return store.written(again)
    except InLake:
        pass
    try:
        thawing.thaw(store, session)
    except NoStorage as error:
        with store.reading() as connection:
            place = archive.place_of(connection, session)
        if place is None or place.is_gone():
            return 0
        raise UserError(
            f"something of session {session} was taken back since, which is in a lake that cannot be read "
            f"({error.detail}); bring it back, or `pairlog erase` the session, and restore once more"
        ) from None
    return store.written(again)


def _again(connection: Connection, row: RedactionRow, contributor: int, contents: dict[str, bytes]) -> int:
    """Take back what a row of the old ledger says; returns whether that was new."""
    session = row.session_id
    try:
        if ledger.revision_of(connection, session, contributor, row.request) is not None:
            return 0
        for data in contents.values():
            blobs.keep(connection, contributor, data)
        if row.kind == "forget":
            forgetting.forget(connection, session, contributor, read_window(row.body), _ANY)
        else:
            redacting.redact(connection, session, contributor, read_redaction(row.body, _ANY), _ANY)
    except Problem:
        # Of a session that was erased since.
        return 0
    return 1
