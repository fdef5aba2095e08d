"""Exported sessions on disk as a source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from pairlog.consent import USES
from pairlog.errors import UserError
from pairlog.events import Consent, End, Session
from pairlog.facts import of_events
from pairlog.frame import FrameError, read
from pairlog.line import LineError, decode
from pairlog.moment import later
from pairlog.replay import Blobs, verify
from pairlog.source.info import SessionInfo, Source

_NAMES = ("session.ndjson.gz", "session.ndjson")


class FileSource(Source):
    """A file, the folder of one session, or a folder of session folders."""

    def __init__(self, path: Path) -> None:
        self._files = {_session_id(file): file for file in _find(path)}

    def sessions(self) -> list[SessionInfo]:
        """All sessions, the oldest first; read from the lines, not from a `session.json`."""
        rows = [self._info(session) for session in self._files]
        return sorted(rows, key=lambda row: (row.started_at, row.session))

    def lines(self, session: str) -> Iterator[bytes]:
        """The lines of a session. Raises UserError where it is unknown or torn."""
        file = self._file(session)
        try:
            with file.open("rb") as stream:
                yield from read(stream)
        except FrameError as error:
            raise UserError(f"{file} is damaged: {error}; export the session again") from None

    def read_blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob beside the session's file. Raises UserError where it is missing."""
        file = self._file(session).parent / "blobs" / sha256
        try:
            return file.read_bytes()
        except OSError:
            raise UserError(f"the blob {sha256} is not in {file.parent}; export the session again") from None

    def _file(self, session: str) -> Path:
        try:
            return self._files[session]
        except KeyError:
            raise UserError(f"no session {session} here; `pairlog sessions` lists what there is") from None

    def _info(self, session: str) -> SessionInfo:
        lines = list(self.lines(session))
        try:
            return describe(lines, lambda digest: self.blob(session, digest))
        except LineError as error:
            raise UserError(f"{self._file(session)} holds a bad line: {error}; export it again") from None


def describe(lines: Sequence[bytes], blobs: Blobs) -> SessionInfo:
    """The row of a session, from its lines alone; the first is its header. Raises LineError for a bad one."""
    events = [decode(line) for line in lines]
    header, last = events[0], events[-1]
    assert isinstance(header, Session)
    level: str = header.consent
    found = of_events(events)
    use = header.use
    for event in events:
        if isinstance(event, Consent):
            # The narrowest use of a session is its use: a wider one never reaches back.
            level, use = event.level, min(use, event.use, key=USES.index)
    return SessionInfo(
        session=header.session,
        project=header.project,
        contributor=None,
        editor=" ".join(header.editor.values()),
        started_at=header.started_at,
        ended_at=later(header.started_at, last.t) if isinstance(last, End) else None,
        events=len(lines),
        last_seq=last.seq,
        complete=isinstance(last, End),
        verified=verify(lines, blobs).verified,
        use=use,
        consent=level,
        revision=0,
        languages=sorted(found.languages),
        has_tests=found.has_tests,
        has_completions=found.has_completions,
        study=header.study,
        condition=header.condition,
    )


def _find(path: Path) -> list[Path]:
    """The files of sessions at `path`. Raises UserError where there are none."""
    if path.is_file():
        return [path]
    for folders in ([path], sorted(path.glob("*/"))):
        files = [file for folder in folders for file in _in(folder)]
        if files:
            return files
    raise UserError(f"no session in {path}; it needs a {_NAMES[0]} as `pairlog export --out` writes it")


def _in(folder: Path) -> list[Path]:
    """The one file of a session in a folder, or nothing."""
    return [folder / name for name in _NAMES if (folder / name).is_file()][:1]


def _session_id(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            header = decode(next(read(stream), b""))
    except (LineError, FrameError, OSError) as error:
        raise UserError(f"{file} is no session: {error}; `pairlog export` writes one") from None
    if not isinstance(header, Session):
        raise UserError(f"{file} is no session: its first line is no header; `pairlog export` writes one")
    return header.session
