"""Sends a whole session to a collector, from where an earlier try ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx

from pairlog.address import is_loopback
from pairlog.errors import UserError
from pairlog.export import frames
from processing.imports.imported import Imported

_SECONDS_MAX = 60.0
_TRIES_MAX = 5
_PAUSE_SECONDS_MAX = 30.0
_PAUSE_SECONDS = 1.0
_TOKEN_MENDED = "must be a contributor's, as `pairlog token create NAME --role contributor` prints it"

#: Passes frames on, such as through a progress bar: `(frames, what is done with them)`.
Watch = Callable[[list[bytes], str], Iterable[bytes]]


class Uploader:
    """A collector that takes sessions, for one token."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Raises UserError for an address on another machine: nothing masks what is imported yet."""
        if not is_loopback(address):
            raise UserError(
                f"`{address}` is no collector on this machine, and nothing is masked before it leaves yet; "
                "use --to http://127.0.0.1:PORT, or --out DIR"
            )
        if not (token.isascii() and token.isprintable()):
            raise UserError(f"PAIRLOG_TOKEN {_TOKEN_MENDED}")
        self._address = address.rstrip("/")
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=self._address,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=_SECONDS_MAX,
            # A proxy of the environment would carry it off this machine.
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> Uploader:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def send(self, imported: Imported, watch: Watch = lambda packed, _: packed) -> int:
        """Send what the collector does not have; returns the number of lines that it had already.

        Raises UserError.
        """
        stored = self._stored(imported.session)
        lines = imported.lines
        acked = stored - 1
        for frame in watch(list(frames(lines[stored:])), "sending"):
            answer = self._ask("POST", f"/v1/sessions/{imported.session}/frames", frame)
            acked = self._acked(answer, imported.session)
        if acked != len(lines) - 1:
            raise UserError(f"{self._address} acknowledged line {acked} of {len(lines) - 1}; import it again")
        return stored

    def _stored(self, session: str) -> int:
        """How many lines of a session are stored."""
        answer = self._ask("GET", f"/v1/sessions/{session}")
        if answer.status_code == 404 and _body(answer).get("code") == "session":
            return 0
        return self._acked(answer, session) + 1

    def _acked(self, answer: httpx.Response, session: str) -> int:
        """The last seq that is stored, as an answer tells it."""
        if answer.is_error:
            raise self._refusal(answer, session)
        acked = _body(answer).get("acked")
        if not isinstance(acked, int):
            raise UserError(
                f"{self._address} answers as no collector does; give --to what `pairlog serve` prints"
            )
        return acked

    def _ask(self, method: str, path: str, frame: bytes | None = None) -> httpx.Response:
        """The answer to a request, which is repeated where the collector asks for patience."""
        headers = {"Content-Type": "application/gzip"} if frame is not None else {}
        for pause in _pauses():
            try:
                answer = self._http.request(method, path, content=frame, headers=headers)
            except httpx.HTTPError as error:
                raise UserError(f"no answer from {self._address} ({error}); is `pairlog serve` up?") from None
            if answer.status_code not in (429, 503) or pause is None:
                break
            self._sleep(min(_seconds(answer.headers.get("Retry-After"), pause), _PAUSE_SECONDS_MAX))
        return answer

    def _refusal(self, answer: httpx.Response, session: str) -> UserError:
        problem = _body(answer)
        code, detail = problem.get("code"), problem.get("detail") or f"it answered {answer.status_code}"
        if answer.status_code == 401 or code == "role":
            return UserError(f"{self._address} refuses this token; PAIRLOG_TOKEN {_TOKEN_MENDED}")
        if code == "conflict":
            return UserError(
                f"{self._address} holds other lines as session {session}; `pairlog verify {session}` there "
                "says whether they are whole, --out DIR writes yours to a folder"
            )
        if code == "erased":
            return UserError(
                f"session {session} was erased from {self._address} and does not come back; "
                "--out DIR writes it to a folder"
            )
        return UserError(f"{self._address} refuses session {session}: {detail}")


def _pauses() -> Iterator[float | None]:
    """How long to wait after each try, in seconds; None after the last one."""
    for number in range(_TRIES_MAX - 1):
        yield _PAUSE_SECONDS * 2**number
    yield None


def _seconds(header: str | None, otherwise: float) -> float:
    return float(header) if header is not None and header.isdecimal() else otherwise


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
