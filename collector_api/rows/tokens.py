"""Tokens: made at random, shown once, kept as SHA-256 (enough for 256 random bits); revoked, or too old."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, ScalarSelect, and_, insert, or_, select, update
from sqlmodel import col

from collector_api.database.tables import Contributor, Token
from pairlog.errors import UserError
from pairlog.moment import later, now
from pairlog.names import composed

Role = Literal["contributor", "researcher", "admin"]
By = Literal["id", "name"]
ROLES: tuple[Role, ...] = get_args(Role)

PREFIX = "plg_"


@dataclass(frozen=True)
class Principal:
    """Who asks: a contributor, by one of their tokens, in its role."""

    contributor: int
    name: str
    role: Role
    token: int


#: Whoever started the server and looks at its pages; no contributor and no token have this id.
OPERATOR = Principal(-1, "operator", "admin", -1)


@dataclass(frozen=True)
class TokenInfo:
    """A row of `pairlog token list --json`."""

    id: int
    name: str
    role: str
    created_at: str
    last_used_at: str | None
    expires_at: str | None
    revoked_at: str | None

    @property
    def state(self) -> str:
        """`in force`, `expired` or `revoked`."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now() else "in force"

    def as_row(self) -> dict[str, object]:
        """The row as plain values."""
        return asdict(self)


def create(connection: Connection, name: str, role: Role, expires_s: int | None = None) -> str:
    """A new token for the contributor of this name, who is made where nobody has it.

    It is in force for `expires_s` seconds; None: until it is revoked.
    """
    token = PREFIX + secrets.token_urlsafe(32)
    connection.execute(
        insert(Token).values(
            contributor_id=contributor_named(connection, name),
            role=role,
            sha256=_digest(token),
            created_at=(created_at := now()),
            expires_at=None if expires_s is None else later(created_at, expires_s * 1000),
        )
    )
    return token


def contributor_named(connection: Connection, name: str) -> int:
    """The id of the contributor of this name, made where nobody has it. Raises UserError for no name."""
    name = composed(name)
    if not name.strip() or not name.isprintable() or len(name) > 200:
        raise UserError("a contributor's name is 1 to 200 printable characters")
    found = known(connection, name)
    if found is None:
        connection.execute(insert(Contributor).values(name=name, created_at=now(), bytes=0))
        return contributor_named(connection, name)
    return found


def known(connection: Connection, name: str) -> int | None:
    """The id of the contributor of this name; None where nobody has it."""
    this = col(Contributor.name) == composed(name)
    return connection.execute(select(col(Contributor.id)).where(this)).scalar()


def find(connection: Connection, token: str) -> Principal | None:
    """Whose token this is; None where it is unknown, expired or revoked."""
    return with_digest(connection, _digest(token))


def with_digest(connection: Connection, sha256: str) -> Principal | None:
    """Whose token has this SHA-256; None where it is unknown, expired or revoked."""
    question = (
        select(col(Contributor.id), col(Contributor.name), col(Token.role), col(Token.id))
        .join(Contributor, col(Contributor.id) == col(Token.contributor_id))
        .where(col(Token.sha256) == sha256, _good())
    )
    found: Any = connection.execute(question).one_or_none()
    return None if found is None else Principal(*found)


def digest_of(token: int) -> ScalarSelect[str]:
    """The SHA-256 of the token with this id, as part of a statement."""
    return select(col(Token.sha256)).where(col(Token.id) == token).scalar_subquery()


def touch(connection: Connection, token: int) -> None:
    """Note that a token was used now."""
    connection.execute(update(Token).where(col(Token.id) == token).values(last_used_at=now()))


def listed(connection: Connection) -> list[TokenInfo]:
    """All tokens, the oldest first."""
    question: Any = (
        select(
            col(Token.id),
            col(Contributor.name),
            col(Token.role),
            col(Token.created_at),
            col(Token.last_used_at),
            col(Token.expires_at),
            col(Token.revoked_at),
        )
        .join(Contributor, col(Contributor.id) == col(Token.contributor_id))
        .order_by(col(Token.id))
    )
    return [TokenInfo(*row) for row in connection.execute(question)]


def revoke(connection: Connection, wanted: str, by: By | None = None) -> int:
    """Revoke the token with this id, or all of the contributor of this name; returns how many.

    Raises UserError where none that still holds fits, or where it is both an id and a name and nobody says
    which.
    """
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 16 else -1
    fitting = {
        "id": col(Token.id) == number,
        "name": col(Token.contributor_id)
        == select(col(Contributor.id)).where(col(Contributor.name) == composed(wanted)).scalar_subquery(),
    }
    held = [
        what
        for what in (fitting if by is None else [by])
        if connection.execute(
            select(col(Token.id)).where(col(Token.revoked_at).is_(None), fitting[what])
        ).first()
    ]
    if not held:
        raise UserError(f"no token in force has the id or the name {wanted}; `pairlog token list` shows them")
    if len(held) > 1:
        raise UserError(f"{wanted} is the id of a token and a name; say which, with --by id or --by name")
    this = (col(Token.revoked_at).is_(None), fitting[held[0]])
    return connection.execute(update(Token).where(*this).values(revoked_at=now())).rowcount


def _good() -> ColumnElement[bool]:
    """Whether a token is in force now; moments as text are in the order of time."""
    young = or_(col(Token.expires_at).is_(None), col(Token.expires_at) > now())
    return and_(col(Token.revoked_at).is_(None), young)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
