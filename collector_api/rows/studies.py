"""Studies: who is in one, in the condition that chance gave them and that stays theirs."""

from __future__ import annotations

import json
import re
import secrets
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update
from sqlmodel import col

from collector_api.database.tables import Contributor, Member, Study
from collector_api.problems import BadRequest, InStudy, NoStudy
from pairlog.moment import now

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_CONDITIONS_MAX = 16


class Assignment(NamedTuple):
    """The study that a contributor is in, and their condition."""

    study: str
    condition: str


def create(connection: Connection, name: str, conditions: Sequence[str]) -> None:
    """Begin a study. Raises BadRequest for names that are none, or a study that is here."""
    for word in (name, *conditions):
        if not _NAME.fullmatch(word):
            raise BadRequest(
                f"`{word[:80]}` is no name for a study or a condition; take letters, digits, `.`, `_` and `-`"
            )
    if not 1 <= len(set(conditions)) == len(conditions) <= _CONDITIONS_MAX:
        raise BadRequest(f"a study has 1 to {_CONDITIONS_MAX} conditions, each once")
    if connection.execute(select(col(Study.id)).where(col(Study.name) == name)).first() is not None:
        raise BadRequest(f"the study {name} is here already; take another name")
    connection.execute(
        insert(Study).values(name=name, conditions=json.dumps(list(conditions)), created_at=now())
    )


def join(connection: Connection, name: str, contributor: int) -> str:
    """Let a contributor into a study; returns their condition, the same one whenever they come again.

    Chance decides among the conditions that the fewest have. Raises NoStudy, or InStudy for one who is in
    another study: a session belongs to one.
    """
    study = _found(connection, name)
    current = assignment(connection, contributor)
    if current is not None and current.study != name:
        raise InStudy(f"this contributor is in the study {current.study}; leave it first")
    this = (col(Member.study_id) == study.id, col(Member.contributor_id) == contributor)
    condition = connection.execute(select(col(Member.condition)).where(*this)).scalar()
    if condition is not None:
        connection.execute(update(Member).where(*this).values(left_at=None))
        return condition
    condition = _drawn(connection, study)
    connection.execute(
        insert(Member).values(
            study_id=study.id, contributor_id=contributor, condition=condition, joined_at=now()
        )
    )
    return condition


def leave(connection: Connection, name: str, contributor: int) -> None:
    """Let a contributor out of a study: sessions that begin from now on are none of it. Raises NoStudy."""
    study = _found(connection, name)
    connection.execute(
        update(Member)
        .where(
            col(Member.study_id) == study.id,
            col(Member.contributor_id) == contributor,
            col(Member.left_at).is_(None),
        )
        .values(left_at=now())
    )


def assignment(connection: Connection, contributor: int) -> Assignment | None:
    """The study that a contributor is in, and their condition."""
    question = (
        select(col(Study.name), col(Member.condition))
        .join(Study, col(Study.id) == col(Member.study_id))
        .where(col(Member.contributor_id) == contributor, col(Member.left_at).is_(None))
    )
    found = connection.execute(question).first()
    return None if found is None else Assignment(*found)


def of_session(
    connection: Connection, contributor: int, study: str | None, condition: str | None
) -> tuple[str | None, str | None]:
    """The study and the condition of a session that begins, whose header says these.

    A study that is here has those sessions alone that its members begin.
    """
    member = assignment(connection, contributor)
    if member is not None:
        return member
    if study is None or connection.execute(select(col(Study.id)).where(col(Study.name) == study)).first():
        return None, None
    return study, condition


def listed(connection: Connection, contributor: int | None = None) -> list[dict[str, Any]]:
    """All studies by name, with the number of members, and the condition of this contributor."""
    members = Counter(
        connection.execute(select(col(Member.study_id)).where(col(Member.left_at).is_(None))).scalars()
    )
    mine = None if contributor is None else assignment(connection, contributor)
    return [
        {
            "study": study.name,
            "conditions": json.loads(study.conditions),
            "members": members[study.id],
            "condition": mine.condition if mine is not None and mine.study == study.name else None,
            "created_at": study.created_at,
        }
        for study in connection.execute(select(Study).order_by(col(Study.name)))
    ]


def members(connection: Connection, name: str) -> list[dict[str, Any]]:
    """Who is and was in a study, in the order in which they came. Raises NoStudy."""
    study = _found(connection, name)
    question = (
        select(col(Contributor.name), col(Member.condition), col(Member.joined_at), col(Member.left_at))
        .join(Contributor, col(Contributor.id) == col(Member.contributor_id))
        .where(col(Member.study_id) == study.id)
        .order_by(col(Member.joined_at), col(Contributor.id))
    )
    names = ("contributor", "condition", "joined_at", "left_at")
    return [dict(zip(names, row, strict=True)) for row in connection.execute(question)]


def memberships(connection: Connection, contributor: int) -> list[dict[str, Any]]:
    """The studies that a contributor is in, or has left, in the order of joining."""
    question: Any = (
        select(
            col(Study.name).label("study"),
            col(Member.condition),
            col(Member.joined_at),
            col(Member.left_at),
        )
        .join(Study, col(Study.id) == col(Member.study_id))
        .where(col(Member.contributor_id) == contributor)
        .order_by(col(Member.joined_at))
    )
    return [dict(row._mapping) for row in connection.execute(question)]


def _found(connection: Connection, name: str) -> Study:
    found = connection.execute(select(Study).where(col(Study.name) == name)).one_or_none()
    if found is None:
        raise NoStudy(f"no study {name[:80]} is here; `GET /v1/studies` lists what there is")
    return Study(**found._mapping)


def _drawn(connection: Connection, study: Study) -> str:
    taken = Counter(
        connection.execute(select(col(Member.condition)).where(col(Member.study_id) == study.id)).scalars()
    )
    conditions: list[str] = json.loads(study.conditions)
    fewest = min(taken[condition] for condition in conditions)
    return secrets.choice([condition for condition in conditions if taken[condition] == fewest])
