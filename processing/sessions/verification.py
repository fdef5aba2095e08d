"""Verification of sessions: a row for each, whatever goes wrong with one."""

from __future__ import annotations

from dataclasses import dataclass

from pairlog.blobs import named_blobs
from pairlog.errors import UserError
from pairlog.replay import verify
from pairlog.source import SessionInfo, Source
from processing.sessions.states import blobs_of


@dataclass(frozen=True)
class Verification:
    """A row of `pairlog verify --json`, with the reason beside it."""

    session: str
    saves: int
    verified: bool | None
    first_bad_seq: int | None
    reason: str | None = None

    def to_json(self) -> dict[str, object]:
        """The stable part of the row."""
        return {
            "session": self.session,
            "saves": self.saves,
            "verified": self.verified,
            "first_bad_seq": self.first_bad_seq,
        }


def verify_session(source: Source, info: SessionInfo) -> Verification:
    """Replay one session, check every save and every blob. What cannot be read is a mismatch."""
    blobs = blobs_of(source, info.session)
    try:
        verdict = verify(source.lines(info.session), blobs)
        if verdict.verified is not False:
            for digest in named_blobs(source.lines(info.session), blobs):
                blobs(digest)
    except UserError as error:
        return Verification(info.session, 0, False, None, str(error))
    return Verification(info.session, verdict.saves, verdict.verified, verdict.first_bad_seq, verdict.reason)
