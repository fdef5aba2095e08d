"""All that is kept of a contributor as one archive, made as it is read."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict
from tempfile import SpooledTemporaryFile

from sqlalchemy import Connection, select
from sqlmodel import col

from collector_api.database.tables import Contributor, SessionRow, Token
from collector_api.door import reads
from collector_api.erasing import erasure
from collector_api.problems import Erased, NoSession
from collector_api.rows import blobs, frames, sessions, studies, verdicts
from collector_api.rows.archive import Database
from pairlog import export

#: The folder that the archive unpacks to; `pairlog.source.open_source` reads it.
FOLDER = "pairlog-export"
_ANY = 2**31
#: What of it is in memory at most, beside one content.
_PIECE_BYTES = 256 * 1024


def archive(store: Database, contributor: int) -> Generator[bytes, None, None]:
    """A tar: for each session what `pairlog export --out` writes, `contributor.json`, and in
    `contents` what no session names.

    Sessions are read one after the other; one that is erased meanwhile is left out. What nobody has read yet
    waits in a file without a name, not in memory.
    """
    with _waiting() as out, tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        with store.reading() as connection:
            about = json.dumps(_about(connection, contributor), indent=2, ensure_ascii=False)
            ids = _sessions(connection, contributor)
        _add(tar, "contributor.json", f"{about}\n".encode())
        for sha256, data in _unnamed(store, contributor):
            _add(tar, f"contents/{sha256}", data)
            yield from _written(out)
        for session in ids:
            for name, found in _session(store, contributor, session):
                _add(tar, f"{session}/{name}", found)
                yield from _written(out)
        tar.close()
        yield from _written(out)


def _session(
    store: Database, contributor: int, session: str
) -> Iterator[tuple[str, bytes | SpooledTemporaryFile[bytes]]]:
    with _waiting() as packed:
        # A transaction for each file: a slow reader must not hold back the log's checkpoints.
        with store.reading() as connection:
            try:
                info = sessions.info(connection, session)
            except (NoSession, Erased):
                return
            verified = info.verified
            # One that still grows is judged when it ends: to replay it for each who asks is dear.
            if info.complete and verdicts.kept(connection, info) is None:
                verified = verdicts.judge(connection, session).verified
            packed.writelines(export.frames(frames.lines_from(connection, session)))
            named = sorted(blobs.named(connection, session))
        row = json.dumps({**asdict(info), "verified": verified}, indent=2)
        yield "session.json", f"{row}\n".encode()
        yield "session.ndjson.gz", packed
    for sha256 in named:
        with store.reading() as connection:
            if not blobs.present(connection, contributor, [sha256]):
                # It was erased, or another one took its place, meanwhile.
                continue
            data = blobs.of_contributor(connection, contributor, sha256)
        yield f"blobs/{sha256}", data


def _unnamed(store: Database, contributor: int) -> Iterator[tuple[str, bytes]]:
    """The contents that no session names, or none yet."""
    with store.reading() as connection:
        digests = blobs.unnamed(connection, contributor)
    for sha256 in digests:
        with store.reading() as connection:
            if blobs.present(connection, contributor, [sha256]):
                yield sha256, blobs.of_contributor(connection, contributor, sha256)


def _about(connection: Connection, contributor: int) -> dict[str, object]:
    """What is known of a contributor beside their sessions."""
    found = connection.execute(select(Contributor).where(col(Contributor.id) == contributor)).one()
    tokens = connection.execute(
        select(
            col(Token.role),
            col(Token.created_at),
            col(Token.last_used_at),
            col(Token.expires_at),
            col(Token.revoked_at),
        )
        .where(col(Token.contributor_id) == contributor)
        .order_by(col(Token.id))
    )
    return {
        "name": found.name,
        "created_at": found.created_at,
        "bytes": found.bytes,
        "tokens": [dict(row._mapping) for row in tokens],
        "studies": studies.memberships(connection, contributor),
        "reads": reads.of_contributor(connection, contributor, 0, _ANY),
        "tombstones": erasure.tombstones(connection, 0, _ANY, contributor),
    }


def _sessions(connection: Connection, contributor: int) -> list[str]:
    question = select(col(SessionRow.id)).where(col(SessionRow.contributor_id) == contributor)
    return list(connection.execute(question.order_by(col(SessionRow.id))).scalars())


def _waiting() -> SpooledTemporaryFile[bytes]:
    return SpooledTemporaryFile(_PIECE_BYTES)


def _add(tar: tarfile.TarFile, name: str, data: bytes | SpooledTemporaryFile[bytes]) -> None:
    file = io.BytesIO(data) if isinstance(data, bytes) else data
    member = tarfile.TarInfo(f"{FOLDER}/{name}")
    member.size, member.mode, member.mtime = file.seek(0, io.SEEK_END), 0o600, int(time.time())
    file.seek(0)
    tar.addfile(member, file)


def _written(out: SpooledTemporaryFile[bytes]) -> Iterator[bytes]:
    """What was written since the last time."""
    out.seek(0)
    while piece := out.read(_PIECE_BYTES):
        yield piece
    out.seek(0)
    out.truncate()
