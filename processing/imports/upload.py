"""Sends a whole session to a collector, from where an earlier try ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pairlog.address import is_loopback
from pairlog.client import Client, CollectorError
from pairlog.errors import UserError
from pairlog.export import frames
from processing.imports.imported import Imported

_TOKEN_MENDED = "must be a contributor's, as `pairlog token create NAME --role contributor` prints it"

#: Passes frames on, such as through a progress bar: `(frames, what is done with them)`.
Watch = Callable[[list[bytes], str], Iterable[bytes]]


def collector_at(address: str, token: str) -> Client:
    """The collector that sessions are sent to.

    Raises UserError for an address on another machine: nothing masks what is imported yet.
    """
    if not is_loopback(address):
        raise UserError(
            f"`{address}` is no collector on this machine, and nothing is masked before it leaves yet; "
            "use --to http://127.0.0.1:PORT, or --out DIR"
        )
    return Client(address, token)


def upload(collector: Client, imported: Imported, watch: Watch = lambda packed, _: packed) -> int:
    """Send what the collector does not have; returns the number of lines that it had already.

    Raises UserError.
    """
    lines = imported.lines
    try:
        acked = collector.acked(imported.session)
        stored = acked + 1
        for frame in watch(list(frames(lines[stored:])), "sending"):
            acked = collector.post_frame(imported.session, frame)
    except CollectorError as error:
        raise _refusal(collector.address, imported.session, error) from None
    if acked != len(lines) - 1:
        raise UserError(f"{collector.address} acknowledged line {acked} of {len(lines) - 1}; import it again")
    return stored


def _refusal(address: str, session: str, error: CollectorError) -> UserError:
    if error.status == 401 or error.code == "role":
        return UserError(f"{address} refuses this token; PAIRLOG_TOKEN {_TOKEN_MENDED}")
    if error.code == "conflict":
        return UserError(
            f"{address} holds other lines as session {session}; `pairlog verify {session}` there "
            "says whether they are whole, --out DIR writes yours to a folder"
        )
    if error.code == "erased":
        return UserError(
            f"session {session} was erased from {address} and does not come back; "
            "--out DIR writes it to a folder"
        )
    return error
