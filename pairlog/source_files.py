"""Exported sessions on disk as a source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from pairlog.errors import UserError
from pairlog.events import Consent, End, Session
from pairlog.frame import FrameError, pack, read
from pairlog.line import LineError, decode
from pairlog.replay import verify
from pairlog.source import SessionInfo, Source

_NAMES = ("session.ndjson.gz", "session.ndjson")
_FRAME_LINES = 1000


class FileSource(Source):
    """A file, the folder of one session, or a folder of session folders."""

    def __init__(self, path: Path) -> None:
        self._files = {_session_id(file): file for file in _find(path)}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held open."""

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

    def blob(self, session: str, sha256: str) -> bytes:
        """The bytes of a blob beside the session's file. Raises UserError where it is missing."""
        file = self._file(session).parent / "blobs" / sha256
        try:
            return file.read_bytes()
        except OSError:
            raise UserError(f"the blob {sha256} is not in {file.parent}; export again") from None

    def _file(self, session: str) -> Path:
        try:
            return self._files[session]
        except KeyError:
            raise UserError(f"no session {session} here; `pairlog sessions` lists what there is") from None

    def _info(self, session: str) -> SessionInfo:
        lines = list(self.lines(session))
        try:
            events = [decode(line) for line in lines]
        except LineError as error:
            raise UserError(f"{self._file(session)} holds a bad line: {error}") from None
        header, last = events[0], events[-1]
        assert isinstance(header, Session)
        level, use = header.consent, header.use
        for event in events:
            if isinstance(event, Consent) and event.level != "off":
                level, use = event.level, event.use
        return SessionInfo(
            session=session,
            project=header.project,
            contributor=None,
            editor=" ".join(header.editor.values()),
            started_at=header.started_at,
            ended_at=later(header.started_at, last.t) if isinstance(last, End) else None,
            events=len(lines),
            last_seq=last.seq,
            complete=isinstance(last, End),
            verified=verify(lines, lambda digest: self.blob(session, digest)).verified,
            use=use,
            consent=level,
            revision=0,
        )


def later(started_at: str, milliseconds: int) -> str:
    """The UTC time, ISO 8601 to the millisecond, that many milliseconds after `started_at`."""
    from datetime import datetime, timedelta, timezone

    start = datetime.fromisoformat(started_at.replace("Z", "+00:00")).astimezone(timezone.utc)
    moment = start + timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def export_folder(source: Source, info: SessionInfo, folder: Path) -> int:
    """Write `session.ndjson.gz`, `blobs/` and `session.json`; returns the number of lines."""
    from pairlog.blobs import named_blobs

    folder.mkdir(parents=True, exist_ok=True)
    lines = list(source.lines(info.session))
    (folder / _NAMES[0]).write_bytes(b"".join(frames(lines)))
    (folder / "session.json").write_text(json.dumps(asdict(info), indent=2) + "\n")
    blobs = folder / "blobs"
    for digest in named_blobs(lines, lambda sha256: source.blob(info.session, sha256)):
        blobs.mkdir(exist_ok=True)
        (blobs / digest).write_bytes(source.blob(info.session, digest))
    return len(lines)


def frames(lines: list[bytes]) -> Iterator[bytes]:
    """A session's lines as frames in a row."""
    for start in range(0, len(lines), _FRAME_LINES):
        yield pack(lines[start : start + _FRAME_LINES], 9)


def _find(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    for folder in (path, *sorted(path.glob("*/"))):
        found = [folder / name for name in _NAMES if (folder / name).is_file()]
        if found and folder == path:
            return found[:1]
    files = [
        next(file for file in (folder / name for name in _NAMES) if file.is_file())
        for folder in sorted(path.glob("*/"))
        if any((folder / name).is_file() for name in _NAMES)
    ]
    if not files:
        raise UserError(f"no session in {path}; it needs a {_NAMES[0]} as `pairlog export` writes it")
    return files


def _session_id(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            header = decode(next(read(stream)))
    except (LineError, FrameError, StopIteration, OSError) as error:
        raise UserError(f"{file} is no session: {error or 'it is empty'}") from None
    if not isinstance(header, Session):
        raise UserError(f"{file} is no session: its first line is no header")
    return header.session
