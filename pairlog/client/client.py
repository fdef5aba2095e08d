"""A collector, for who reads from it and who writes to it: a method for each request that programs make."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from urllib.parse import quote

from pairlog.client.connection import Connection
from pairlog.client.errors import CollectorError, nonsense, refusal
from pairlog.client.live import Forgotten, Line, Redaction, Told, server_sent, told_by
from pairlog.client.rows import Study, Tombstone, read_row
from pairlog.errors import UserError
from pairlog.exchange import Answer, read_problem
from pairlog.frame import FrameError, read_pieces
from pairlog.line import LineError, decode_all, parse
from pairlog.replay import Player, ReplayError
from pairlog.source.info import SessionInfo
from pairlog.source.wanted import Wanted

#: A content that a collector keeps.
BLOB_BYTES_MAX = 64 * 1024 * 1024

Row = TypeVar("Row")
_EVERY = Wanted()


class Client:
    """A collector with one token; a context manager that closes the connection.

    All methods raise CollectorError where the collector refuses or gives no answer. What it was too busy for
    (429, 503), and what was cut off, is asked for again, after as long as it says.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        patience_s: float = 60.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`patience_s`: how long the pauses before one request's other tries may be in all.

        Raises UserError where a token must not go to this address: `http://` on another machine.
        """
        self._connection = Connection(address, token, patience_s, sleep)
        self.address = self._connection.address

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    # -- reading --------------------------------------------------------------------------------------------

    def sessions(self, wanted: Wanted = _EVERY, *, page_rows: int | None = None) -> Iterator[SessionInfo]:
        """The sessions that are wanted and that this token may read, page after page.

        They come in the order of their last change; one that changes meanwhile comes a second time, and the
        later row is the true one. `verified` goes by verdicts that are known: a session is judged at its end.
        """
        query = wanted.query() | ({} if page_rows is None else {"limit": page_rows})
        while True:
            page = self._object("/v1/sessions", query)
            yield from self._rows(SessionInfo, page, "sessions")
            following = page.get("next")
            if following is None:
                return
            if type(following) is not int or following <= query.get("changed_after", -1):
                raise nonsense(self.address)
            query["changed_after"] = following

    def session(self, session: str) -> SessionInfo:
        """The row of a session."""
        return self._row(SessionInfo, self._object(_path(session)))

    def acked(self, session: str) -> int:
        """The last seq that is stored of a session; -1 where it is not known."""
        try:
            return self._number(self._connection.ask("GET", _path(session)), "acked")
        except CollectorError as error:
            if error.code == "session":
                return -1
            raise

    def lines(self, session: str, first: int = 0) -> Iterator[bytes]:
        """The lines of a session from the seq `first` on, as they come, byte for byte.

        Where the connection breaks they go on behind the last one. Who reads while something is taken back
        may get lines of before and of after; the session's `revision` has moved then.
        """
        patience = self._connection.patience()
        while True:
            last = b""
            try:
                with self._connection.stream(_path(session, "frames"), params={"from": first}) as pieces:
                    for last in read_pieces(pieces):
                        yield last
                return
            except FrameError:
                raise nonsense(self.address) from None
            except CollectorError as error:
                broken = error
            if last:
                first = self._behind(last)
                patience.renew()
            patience.wait(broken)

    def live(self, session: str, first: int = 0) -> Generator[Told, None, None]:
        """What a session tells from the seq `first` on, as it grows, until its end; `close` it to go earlier.

        Where the connection breaks it goes on behind the last line; what was taken back of lines before may
        then be told again.
        """
        patience = self._connection.patience()
        while True:
            try:
                with self._connection.stream(_path(session, "live"), params={"from": first}) as pieces:
                    for event in server_sent(_each(pieces, patience.renew)):
                        if event.name == "end":
                            return
                        if event.name == "problem":
                            raise refusal(self.address, read_problem(event.data))
                        told = told_by(event)
                        if isinstance(told, Line):
                            first = told.seq + 1
                        elif isinstance(told, Forgotten):
                            first = min(first, told.first)
                        if told is not None:
                            yield told
                # The collector stops, or takes this token no more: its next answer says which.
                broken = CollectorError(f"{self.address} ended in the middle of {session}", is_passing=True)
            except ValueError:
                raise nonsense(self.address) from None
            except CollectorError as error:
                broken = error
            patience.wait(broken)

    def replay(self, session: str, at: int | None = None) -> Player:
        """The documents of a session as they stood behind the seq `at` (None: the end)."""
        player = Player(lambda sha256: self.blob(session, sha256))
        try:
            for event in decode_all(self.lines(session)):
                if at is not None and event.seq > at:
                    break
                player.feed(event)
        except (LineError, ReplayError) as error:
            raise UserError(f"{session} cannot be replayed beyond seq {player.seq}: {error}") from None
        return player

    def blob(self, session: str, sha256: str) -> bytes:
        """The content with this SHA-256, which a session names."""
        path = f"/v1/blobs/{quote(sha256, safe='')}"
        data = self._connection.read(path, BLOB_BYTES_MAX, params={"session": session})
        if hashlib.sha256(data).hexdigest() != sha256:
            raise nonsense(self.address)
        return data

    def tombstones(self, after: int = 0) -> Iterator[Tombstone]:
        """What was erased, behind the tombstone with id `after`: drop what you have of it.

        Of lines that were forgotten, fetch the session anew: what came later may have changed with them.
        """
        while True:
            rows = self._rows(Tombstone, self._object("/v1/tombstones", {"after": after}), "tombstones")
            yield from rows
            if not rows:
                return
            if rows[-1].id <= after:
                raise nonsense(self.address)
            after = rows[-1].id

    # -- writing --------------------------------------------------------------------------------------------

    def post_frame(self, session: str, frame: bytes) -> int:
        """Store a frame, as `pairlog.frame.pack` makes one; returns the last seq that is durable."""
        headers = {"Content-Type": "application/gzip"}
        path = _path(session, "frames")
        return self._number(self._connection.ask("POST", path, content=frame, headers=headers), "acked")

    def put_blob(self, data: bytes) -> str:
        """Store a content before a line names it; returns its SHA-256."""
        sha256 = hashlib.sha256(data).hexdigest()
        headers = {"Content-Type": "application/octet-stream"}
        self._connection.ask("PUT", f"/v1/blobs/{sha256}", content=data, headers=headers)
        return sha256

    def redact(self, session: str, name: str, redaction: Redaction) -> int:
        """Mask what was sent; returns the session's revision. The same `name` again changes nothing."""
        body = {"id": name, **asdict(redaction)}
        return self._number(self._connection.ask("POST", _path(session, "redactions"), json=body), "revision")

    def forget(self, session: str, first: int, through: int) -> int:
        """Take back lines and what they brought; returns the session's revision."""
        window = {"from": first, "through": through}
        return self._number(self._connection.ask("POST", _path(session, "forget"), json=window), "revision")

    def erase(self, session: str) -> None:
        """Erase a session for good."""
        self._connection.ask("DELETE", _path(session))

    # -- what is one's own ----------------------------------------------------------------------------------

    def take_out(self, file: Path) -> None:
        """Write all that is kept of this token's owner as a tar, whole or not at all. Raises OSError."""
        part = file.with_name(f"{file.name}.part")
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                self._take_out(out)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)

    def _take_out(self, out: BinaryIO) -> None:
        patience = self._connection.patience()
        while True:
            try:
                with self._connection.stream("/v1/contributors/me/export") as pieces:
                    out.writelines(pieces)
                return
            except CollectorError as error:
                # What broke off in the middle was too much to begin anew without being asked.
                if not error.status:
                    raise
                patience.wait(error)

    def erase_me(self) -> None:
        """Erase all sessions, contents and tokens of this token's owner, and their name, for good."""
        self._connection.ask("DELETE", "/v1/contributors/me")

    def studies(self) -> list[Study]:
        """The studies that there are."""
        return self._rows(Study, self._object("/v1/studies"), "studies")

    def join(self, study: str) -> str:
        """Take part in a study; returns the condition, which stays the same for good."""
        condition = self._connection.ask("PUT", _member(study)).body.get("condition")
        if not isinstance(condition, str):
            raise nonsense(self.address)
        return condition

    def leave(self, study: str) -> None:
        """Take part no more."""
        self._connection.ask("DELETE", _member(study))

    # -- answers --------------------------------------------------------------------------------------------

    def _object(self, path: str, query: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._connection.ask("GET", path, params=query).body

    def _rows(self, kind: type[Row], body: dict[str, Any], name: str) -> list[Row]:
        rows = body.get(name)
        if not isinstance(rows, list):
            raise nonsense(self.address)
        return [self._row(kind, row) for row in rows]

    def _row(self, kind: type[Row], body: Any) -> Row:
        try:
            return read_row(kind, body)
        except ValueError:
            raise nonsense(self.address) from None

    def _number(self, answer: Answer, name: str) -> int:
        number = answer.number(name)
        if number is None:
            raise nonsense(self.address)
        return number

    def _behind(self, line: bytes) -> int:
        """The seq that follows a line."""
        try:
            body = parse(line)
        except LineError:
            raise nonsense(self.address) from None
        through = body.get("through")
        return 1 + (through if type(through) is int else int(body["seq"]))


def _path(session: str, *rest: str) -> str:
    return "/".join(["/v1/sessions", quote(session, safe=""), *rest])


def _member(study: str) -> str:
    return f"/v1/studies/{quote(study, safe='')}/members/me"


def _each(pieces: Iterator[bytes], heard: Callable[[], None]) -> Iterator[bytes]:
    for piece in pieces:
        heard()
        yield piece
