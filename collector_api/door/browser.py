"""The browser's way in: a one-time address, or a typed token, becomes a cookie for some hours.

Keys and cookies are rows, so that every process of a collector knows them: their SHA-256, as of tokens.
"""

from __future__ import annotations

import hashlib
import secrets
from time import time

from sqlalchemy import Connection, delete, insert, select
from sqlmodel import col

from collector_api.database.tables import CookieRow
from collector_api.rows import tokens
from collector_api.rows.tokens import OPERATOR, Principal

COOKIE = "pairlog"
HOURS_MAX = 12
#: A key may stand in a terminal or a shell's history.
KEY_MINUTES_MAX = 10
_OPERATOR = ""
#: More than people who look at one collector; the oldest give way.
_ROWS_MAX = 1_000


def one_time_key(connection: Connection, principal: Principal, now_s: float | None = None) -> str:
    """A key that opens the pages once, as this principal."""
    return _made(connection, principal, True, now_s)


def drop_keys(connection: Connection) -> None:
    """Forget all one-time keys."""
    connection.execute(delete(CookieRow).where(col(CookieRow.once)))


def enter(connection: Connection, key: str, now_s: float | None = None) -> str | None:
    """A cookie for a one-time key; None where the key is unknown, used or too old."""
    principal = whose_key(connection, key, now_s)
    if principal is None:
        return None
    leave(connection, key)
    return admit(connection, principal, now_s)


def whose_key(connection: Connection, key: str, now_s: float | None = None) -> Principal | None:
    """Whom a one-time key lets in; None where it is unknown, used or too old."""
    return _whose(connection, key, True, now_s)


def admit(connection: Connection, principal: Principal, now_s: float | None = None) -> str:
    """A cookie for this principal."""
    return _made(connection, principal, False, now_s)


def who(connection: Connection, cookie: str, now_s: float | None = None) -> Principal | None:
    """Whose cookie this is; None where it is unknown or too old, or its token is not in force."""
    return _whose(connection, cookie, False, now_s)


def leave(connection: Connection, cookie: str) -> None:
    """Forget a cookie, or a key."""
    connection.execute(delete(CookieRow).where(col(CookieRow.sha256) == _digest(cookie)))


def _made(connection: Connection, principal: Principal, once: bool, now_s: float | None) -> str:
    oldest = select(col(CookieRow.sha256)).order_by(col(CookieRow.until_s).desc()).offset(_ROWS_MAX - 1)
    connection.execute(delete(CookieRow).where(col(CookieRow.sha256).in_(oldest)))
    secret = secrets.token_urlsafe(32)
    seconds = KEY_MINUTES_MAX * 60 if once else HOURS_MAX * 3600
    connection.execute(
        insert(CookieRow).values(
            sha256=_digest(secret),
            token=_OPERATOR if principal == OPERATOR else tokens.digest_of(principal.token),
            once=once,
            until_s=int(_now(now_s)) + seconds,
        )
    )
    return secret


def _whose(connection: Connection, secret: str, once: bool, now_s: float | None) -> Principal | None:
    question = select(col(CookieRow.token)).where(
        col(CookieRow.sha256) == _digest(secret),
        col(CookieRow.once) == once,
        col(CookieRow.until_s) > _now(now_s),
    )
    found = connection.execute(question).scalar()
    if found is None:
        return None
    return OPERATOR if found == _OPERATOR else tokens.with_digest(connection, found)


def _now(now_s: float | None) -> float:
    return time() if now_s is None else now_s


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
