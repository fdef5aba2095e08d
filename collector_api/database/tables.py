"""The tables. A row of `frame` is a frame, not an event. Released tables change in `migrations.py` only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Index, LargeBinary, Table, UniqueConstraint, text
from sqlmodel import BigInteger, Field, Integer, SQLModel

#: A number of a counter in a table that came before its counter: SQLite has one size of integers.
_Number: Any = BigInteger().with_variant(Integer(), "sqlite")


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model, for statements that are made once: those of a model itself are dearer to run."""
    table: Table = SQLModel.metadata.tables[str(model.__tablename__)]
    return table


class SchemaVersion(SQLModel, table=True):
    """The migrations that this file has seen."""

    __tablename__ = "schema_version"

    version: int = Field(primary_key=True)
    applied_at: str


class Contributor(SQLModel, table=True):
    """Someone who writes or reads; `bytes` counts what is kept for them, frames and blobs.

    Of one who was erased there is a row without a name, to which tombstones refer.
    """

    __tablename__ = "contributor"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    created_at: str
    bytes: int = Field(default=0, sa_type=BigInteger)
    erased_at: str | None = None


class Token(SQLModel, table=True):
    """A token of a contributor. The token itself is nowhere: `sha256` is over all of it.

    From `expires_at` on it is not in force; None: it does not grow old.
    """

    __tablename__ = "token"

    id: int | None = Field(default=None, primary_key=True)
    contributor_id: int = Field(foreign_key="contributor.id", index=True)
    role: str
    sha256: str = Field(unique=True)
    created_at: str
    last_used_at: str | None = None
    revoked_at: str | None = None
    expires_at: str | None = None


class CounterRow(SQLModel, table=True):
    """A number that only grows, whatever is erased; `value` is the last one that was given out."""

    __tablename__ = "counter"

    name: str = Field(primary_key=True)
    value: int = Field(sa_type=BigInteger)


class CookieRow(SQLModel, table=True):
    """A cookie of a browser, or a key that makes one `once`, good until a time in seconds since 1970.

    `token` is the SHA-256 of the token that it was given for; empty: it is the operator's. `sha256` is over
    the cookie.
    """

    __tablename__ = "cookie"

    sha256: str = Field(primary_key=True)
    token: str
    once: bool
    until_s: int = Field(sa_type=BigInteger)


class SessionRow(SQLModel, table=True):
    """A session. `last_seq` is its last line's, `acked` the last seq that is covered, `through` included.

    `changed` grows with every change of any session, so that a reader can ask for what is new. Lines up to
    `redact_through` may be ones that a redaction or a forget in the ledger changes; -1: there is none.
    `started_at` is the header's, as the wire writes moments; `arrived_s` is when the last lines came by the
    collector's own clock, in seconds since 1970. `languages` are those of its documents between
    commas. `study` and `condition` are its contributor's as it began, else what its header says. Lines up
    to `packed_through` are in frames as large as they become. Where `lake_file_id` is set, the lines are in
    that file of a lake, and there are no frames; `bytes` is 0 then.
    """

    __tablename__ = "session"
    __table_args__ = (Index("ix_session_began", "started_at", "id"),)

    id: str = Field(primary_key=True)
    contributor_id: int = Field(foreign_key="contributor.id", index=True)
    project: str | None
    editor: str
    started_at: str
    ended_at: str | None
    events: int
    last_seq: int = Field(sa_type=BigInteger)
    acked: int = Field(sa_type=BigInteger)
    complete: bool
    use: str
    consent: str
    revision: int = 0
    bytes: int = Field(sa_type=BigInteger)
    changed: int = Field(sa_type=BigInteger, index=True)
    redact_through: int = Field(
        default=-1, sa_type=BigInteger, sa_column_kwargs={"server_default": text("-1")}
    )
    languages: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    has_tests: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    has_completions: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    study: str | None = None
    condition: str | None = None
    packed_through: int = Field(
        default=-1, sa_type=BigInteger, sa_column_kwargs={"server_default": text("-1")}
    )
    lake_file_id: int | None = Field(default=None, foreign_key="lake_file.id", index=True, sa_type=_Number)
    arrived_s: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})


class LakeFile(SQLModel, table=True):
    """A file of a lake, and the contents of the same name beside it.

    `id` is a number of the counter `lake_file`. `lake` is the lake's address, within the store's folder as a
    path from there. The row is there before the file is, and as long as it is. `at` is when whoever writes it
    was last at it; empty: it was given up, and no session comes into it any more. `ready`: all that was to be
    read from it is. `stale`: it holds a session that it must not hold any more.
    """

    __tablename__ = "lake_file"

    id: int = Field(primary_key=True, sa_type=_Number, sa_column_kwargs={"autoincrement": False})
    lake: str
    name: str = Field(unique=True)
    at: str
    ready: bool = False
    stale: bool = False


class Keyframe(SQLModel, table=True):
    """What is known of a session behind the event `seq`: derived, for seeking without a replay of all.

    `doc` 0: what there is of all documents, the text of one in its own row.
    """

    __tablename__ = "keyframe"

    session_id: str = Field(foreign_key="session.id", primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    doc: int = Field(primary_key=True, sa_type=BigInteger)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Frame(SQLModel, table=True):
    """Consecutive lines of a session as gzip members; `first_seq` and `last_seq` are those of lines."""

    __tablename__ = "frame"

    session_id: str = Field(foreign_key="session.id", primary_key=True)
    first_seq: int = Field(primary_key=True, sa_type=BigInteger)
    last_seq: int = Field(sa_type=BigInteger)
    events: int
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Blob(SQLModel, table=True):
    """A content that lines name, once per contributor; `created_at` is when it last came."""

    __tablename__ = "blob"

    contributor_id: int = Field(foreign_key="contributor.id", primary_key=True)
    sha256: str = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: str = Field(default="", sa_column_kwargs={"server_default": text("''")})


class Named(SQLModel, table=True):
    """A session's line, or the manifest that it names, names this blob."""

    __tablename__ = "named"
    __table_args__ = (
        ForeignKeyConstraint(["contributor_id", "sha256"], ["blob.contributor_id", "blob.sha256"]),
        # Whether anybody still names a content is asked for each one that is erased.
        Index("ix_named_content", "contributor_id", "sha256"),
    )

    session_id: str = Field(foreign_key="session.id", primary_key=True)
    sha256: str = Field(primary_key=True)
    contributor_id: int


class VerdictRow(SQLModel, table=True):
    """What a replay of the session said, as long as `last_seq` and `revision` are the session's."""

    __tablename__ = "verdict"

    session_id: str = Field(foreign_key="session.id", primary_key=True)
    last_seq: int = Field(sa_type=BigInteger)
    revision: int
    saves: int
    verified: bool | None
    first_bad_seq: int | None = Field(sa_type=BigInteger)
    reason: str | None


class RedactionRow(SQLModel, table=True):
    """What a contributor took back of a session, known here or not yet, in the order of `id`.

    `kind` is `redaction` or `forget`, `body` the request as JSON: places, never what stood there. `through`
    is the last seq that it may reach, `entries` how many places it names. `made`, of a forget, is the
    range of seqs that stands in for stored lines, as JSON.
    """

    __tablename__ = "redaction"
    __table_args__ = (UniqueConstraint("session_id", "contributor_id", "request"),)

    id: int | None = Field(default=None, primary_key=True)
    session_id: str
    contributor_id: int = Field(foreign_key="contributor.id", index=True)
    request: str
    kind: str
    revision: int
    through: int = Field(sa_type=BigInteger)
    entries: int
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Tombstone(SQLModel, table=True):
    """A session that was erased for good, or its lines `first` to `through` that were forgotten.

    `id` is a number of the counter `tombstone`.
    """

    __tablename__ = "tombstone"

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    session_id: str = Field(index=True)
    contributor_id: int = Field(foreign_key="contributor.id", index=True)
    at: str
    first: int | None = Field(default=None, sa_type=BigInteger)
    through: int | None = Field(default=None, sa_type=BigInteger)


class ReadRow(SQLModel, table=True):
    """Somebody else than its contributor read a session, for the first time on a `day`.

    `id` is a number of the counter `read`. Neither other id refers to a row: a session that was erased was
    still read, and the operator's own eyes have no contributor.
    """

    __tablename__ = "session_read"
    __table_args__ = (UniqueConstraint("session_id", "reader_id", "day"),)

    id: int = Field(primary_key=True, sa_type=_Number, sa_column_kwargs={"autoincrement": False})
    contributor_id: int = Field(index=True)
    session_id: str
    reader_id: int
    role: str
    day: str
    at: str


class Study(SQLModel, table=True):
    """A study; `conditions` are their names as a JSON array."""

    __tablename__ = "study"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    conditions: str
    created_at: str


class Member(SQLModel, table=True):
    """A contributor in a study, in the condition that they were given once. One who left keeps it."""

    __tablename__ = "member"

    study_id: int = Field(foreign_key="study.id", primary_key=True)
    contributor_id: int = Field(foreign_key="contributor.id", primary_key=True)
    condition: str
    joined_at: str
    left_at: str | None = None
