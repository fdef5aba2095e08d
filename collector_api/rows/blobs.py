"""Contents that lines name: kept once per contributor, and as long as one of their sessions names them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Set
from typing import TypeVar

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlmodel import col, func

from collector_api.database.tables import Blob, Contributor, Named, table_of
from collector_api.limits import Limits
from collector_api.lines.decoder import Line
from collector_api.problems import BadToken, BlobMissing, NoBlob, NoRoom
from pairlog.blobs import read_manifest
from pairlog.errors import UserError
from pairlog.events import Open, Workspace
from pairlog.moment import now

T = TypeVar("T")

_SHA256 = re.compile("[0-9a-f]{64}")
#: Made once, because every frame asks and tells it.
_MINE = col(Contributor.id) == bindparam("contributor")
_USED = select(col(Contributor.bytes), col(Contributor.erased_at)).where(_MINE)
_NAME = insert(table_of(Named))
_COUNT = update(table_of(Contributor)).where(_MINE).values(bytes=col(Contributor.bytes) + bindparam("grown"))
#: How many hashes one question to the database may hold.
_ASK_MAX = 500


def is_sha256(text: str) -> bool:
    """Whether `text` is a SHA-256 in the one spelling that is used."""
    return _SHA256.fullmatch(text) is not None


def put(connection: Connection, contributor: int, sha256: str, data: bytes, limits: Limits) -> bool:
    """Keep a content; returns whether it is new. Raises NoRoom where the contributor's room is used up."""
    if sha256 in present(connection, contributor, [sha256]):
        # Whoever brings it again is about to name it.
        this = (col(Blob.contributor_id) == contributor, col(Blob.sha256) == sha256)
        connection.execute(update(Blob).where(*this).values(created_at=now()))
        return False
    take_room(connection, contributor, len(data), limits)
    _insert(connection, contributor, sha256, data)
    return True


def keep(connection: Connection, contributor: int, data: bytes) -> None:
    """Keep a content that stands in for another one, whatever room there is."""
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 in present(connection, contributor, [sha256]):
        return
    count(connection, contributor, len(data))
    _insert(connection, contributor, sha256, data)


def take_room(connection: Connection, contributor: int, size: int, limits: Limits) -> None:
    """Count bytes to a contributor. Raises NoRoom where there is no room, BadToken where they were erased."""
    used, erased_at = connection.execute(_USED, {"contributor": contributor}).one()
    if erased_at is not None:
        raise BadToken("whose token this was, was erased; nothing of theirs is taken any more")
    if used + size > limits.contributor_bytes_max:
        raise NoRoom(
            "contributor_bytes_max", limits.contributor_bytes_max, f"{used} bytes of yours are kept already"
        )
    count(connection, contributor, size)


def count(connection: Connection, contributor: int, grown: int) -> None:
    """Count bytes to a contributor, or with a negative number those that were freed."""
    connection.execute(_COUNT, {"contributor": contributor, "grown": grown})


def present(connection: Connection, contributor: int, digests: Iterable[str]) -> set[str]:
    """Those of these contents that the contributor has here."""
    wanted = sorted(set(digests))
    found: set[str] = set()
    for start in range(0, len(wanted), _ASK_MAX):
        question = select(col(Blob.sha256)).where(
            col(Blob.contributor_id) == contributor, col(Blob.sha256).in_(wanted[start : start + _ASK_MAX])
        )
        found.update(connection.execute(question).scalars())
    return found


def needed(connection: Connection, contributor: int, lines: Iterable[Line]) -> set[str]:
    """The contents that lines, and the manifests that they name, need. Each manifest is read once.

    Raises BlobMissing for the first line whose contents are not all here.
    """
    found: set[str] = set()
    # A manifest may also be a content that a file has: what is found was not read.
    read: set[str] = set()
    opened: dict[str, int] = {}
    for line in lines:
        if isinstance(line.event, Open) and line.event.blob is not None:
            opened.setdefault(line.event.blob, line.seq)
        elif isinstance(line.event, Workspace) and line.event.manifest not in read:
            read.add(line.event.manifest)
            found |= _here(connection, contributor, opened, found)
            opened = {}
            digests = _of_manifest(connection, contributor, line.seq, line.event.manifest)
            found |= _here(connection, contributor, dict.fromkeys(digests, line.seq), found)
    return found | _here(connection, contributor, opened, found)


def _here(connection: Connection, contributor: int, seqs: Mapping[str, int], known: set[str]) -> set[str]:
    """Those contents of `seqs`, by the first line that needs each, that are not known. Raises BlobMissing."""
    fresh = seqs.keys() - known
    missing = fresh - present(connection, contributor, fresh)
    if missing:
        seq, sha256 = min((seqs[sha256], sha256) for sha256 in missing)
        raise BlobMissing(seq, sha256, "it is not here")
    return fresh


def names_manifest(lines: Iterable[Line]) -> bool:
    """Whether any of these lines names a manifest, which may name very many contents."""
    return any(isinstance(line.event, Workspace) for line in lines)


def names_any(lines: Iterable[Line]) -> bool:
    """Whether any of these lines needs a content."""
    events = [line.event for line in lines if line.event is not None]
    return any(isinstance(it, Workspace) or (isinstance(it, Open) and it.blob is not None) for it in events)


def name(connection: Connection, session: str, contributor: int, digests: Iterable[str]) -> None:
    """Note that a session names these contents, none of which it names already."""
    rows = [
        {"session_id": session, "sha256": sha256, "contributor_id": contributor} for sha256 in sorted(digests)
    ]
    if rows:
        connection.execute(_NAME, rows)


def unnamed_of(connection: Connection, session: str, digests: set[str]) -> set[str]:
    """Those of these contents that a session does not name yet."""
    return digests - named(connection, session) if digests else digests


def named(connection: Connection, session: str) -> set[str]:
    """The contents that a session names."""
    question = select(col(Named.sha256)).where(col(Named.session_id) == session)
    return set(connection.execute(question).scalars())


def name_anew(connection: Connection, session: str, contributor: int, digests: Set[str]) -> set[str]:
    """Note that a session names these contents now, and no others; returns those that it names no more."""
    before = named(connection, session)
    gone = sorted(before - digests)
    for start in range(0, len(gone), _ASK_MAX):
        these = col(Named.sha256).in_(gone[start : start + _ASK_MAX])
        connection.execute(delete(Named).where(col(Named.session_id) == session, these))
    name(connection, session, contributor, digests - before)
    return set(gone)


def of_session(connection: Connection, session: str, sha256: str) -> bytes:
    """A content that a session names. Raises NoBlob where it names no such content."""
    question = (
        select(col(Blob.data))
        .join(
            Named,
            (col(Named.sha256) == col(Blob.sha256)) & (col(Named.contributor_id) == col(Blob.contributor_id)),
        )
        .where(col(Named.session_id) == session, col(Named.sha256) == sha256)
    )
    return _one(connection.execute(question).scalar(), f"session {session} names no blob {sha256}")


def of_contributor(connection: Connection, contributor: int, sha256: str) -> bytes:
    """A content that a contributor uploaded. Raises NoBlob where there is none."""
    question = select(col(Blob.data)).where(
        col(Blob.contributor_id) == contributor, col(Blob.sha256) == sha256
    )
    return _one(connection.execute(question).scalar(), f"no blob {sha256} of yours is here")


def check_named(connection: Connection, session: str, sha256: str) -> None:
    """Raises NoBlob where a session names no such content."""
    this = select(col(Named.sha256)).where(col(Named.session_id) == session, col(Named.sha256) == sha256)
    _one(connection.execute(this).scalar(), f"session {session} names no blob {sha256}")


def size(connection: Connection, contributor: int, sha256: str) -> int:
    """How many bytes a content has that a contributor uploaded. Raises NoBlob where there is none."""
    this = (col(Blob.contributor_id) == contributor, col(Blob.sha256) == sha256)
    found: int | None = connection.execute(select(func.length(col(Blob.data))).where(*this)).scalar()
    return _one(found, f"no blob {sha256} of yours is here")


def unnamed(connection: Connection, contributor: int) -> list[str]:
    """The contents of a contributor that no session names."""
    mine = select(col(Blob.sha256)).where(col(Blob.contributor_id) == contributor)
    named_too = select(col(Named.sha256)).where(col(Named.contributor_id) == contributor)
    return sorted(connection.execute(mine.except_(named_too)).scalars())


def give_back(connection: Connection, contributor: int, digests: Iterable[str]) -> int:
    """Delete those of these contents that no session of the contributor names; returns their bytes."""
    freed = drop_unnamed(connection, contributor, digests)
    if freed:
        count(connection, contributor, -freed)
    return freed


def drop_unnamed(connection: Connection, contributor: int, digests: Iterable[str]) -> int:
    """Delete those of these contents that no session of the contributor names; returns their bytes."""
    wanted = sorted(set(digests))
    freed = 0
    for start in range(0, len(wanted), _ASK_MAX):
        these = col(Blob.sha256).in_(wanted[start : start + _ASK_MAX])
        still_named = exists().where(
            col(Named.contributor_id) == contributor, col(Named.sha256) == col(Blob.sha256)
        )
        dropped = (
            delete(Blob)
            .where(col(Blob.contributor_id) == contributor, these, ~still_named)
            .returning(func.length(col(Blob.data)))
        )
        freed += sum(connection.execute(dropped).scalars())
    return freed


def _insert(connection: Connection, contributor: int, sha256: str, data: bytes) -> None:
    row = {"contributor_id": contributor, "sha256": sha256, "data": data, "created_at": now()}
    connection.execute(insert(Blob).values(row))


def _of_manifest(connection: Connection, contributor: int, seq: int, manifest: str) -> set[str]:
    try:
        data = of_contributor(connection, contributor, manifest)
    except NoBlob:
        raise BlobMissing(seq, manifest, "it is not here") from None
    try:
        return {manifest, *(file.blob for file in read_manifest(data))}
    except UserError:
        raise BlobMissing(seq, manifest, "it is no manifest") from None


def _one(found: T | None, otherwise: str) -> T:
    if found is None:
        raise NoBlob(otherwise)
    return found
