"""What one session will say and take back, made up from a seed alone; and what must be stored of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any, Literal, TypeAlias

from pairlog.events import Edit, End, Event, Open, Run, Save, Session
from pairlog.ids import session_of
from pairlog.line import encode

#: What becomes of a session: a redaction, a forget or an erasure of it; or the retention has it.
Fate: TypeAlias = Literal["kept", "redacted", "forgotten", "erased", "expired"]
_FATES: tuple[Fate, ...] = ("kept", "kept", "kept", "redacted", "forgotten", "erased", "expired")

_SECRET = "hunter2-and-more"
_STARS = "*" * len(_SECRET)
_OLD, _NEW = "2001-01-01T09:00:00.000Z", "2026-11-01T09:00:00.000Z"
_BEGAN_MS = 1_700_000_000_000
_KEYS = "etaoin shrdlu"
_BEFORE = 'key = "'
#: The seqs of what a program prints.
_PRINTED = range(2, 6)
#: Once this line is stored, one that relies on the text is behind them, and a forget re-bases it. Before,
#: the sender has to.
FORGETTABLE = 10


@dataclass(frozen=True)
class Script:
    """A session. `masked` are its lines behind its redaction, `window` the seqs that its forget takes."""

    session: str
    fate: Fate
    lines: list[bytes]
    masked: list[bytes]
    #: By the seq of the line that needs it.
    blobs: dict[int, bytes]
    redaction: dict[str, Any]
    window: tuple[int, int]

    def problem(self, stored: Sequence[bytes], through: int, taken_back: bool) -> str | None:
        """What is wrong with stored lines, where those up to the seq `through` must be there."""
        lines = self.masked if taken_back and self.fate == "redacted" else self.lines
        first, last = self.window if taken_back and self.fate == "forgotten" else (0, -1)
        expected = [line for seq, line in enumerate(lines[: through + 1]) if not first <= seq <= last]
        found, inside = [], []
        for line in stored:
            (inside if first <= json.loads(line)["seq"] <= last else found).append(line)
        if found != expected:
            at = next(
                (i for i, pair in enumerate(zip(found, expected, strict=False)) if pair[0] != pair[1]), -1
            )
            return f"{len(found)} lines stored, {len(expected)} expected, another one at place {at}"
        kinds = {json.loads(line)["type"] for line in inside}
        return f"of what was forgotten {kinds} are left" if kinds - {"forget", "open"} else None


def script(seed: int, writer: int, number: int) -> Script:
    """The session that a writer sends as its `number`th."""
    chance = Random(f"{seed} {writer} {number}")
    session = session_of(_BEGAN_MS + writer * 1_000_000 + number, chance.randbytes(10))
    fate = chance.choice(_FATES)
    # One in six is long enough to be packed anew while it grows.
    count = chance.randint(1_100, 2_500) if chance.random() < 1 / 6 else chance.randint(5, 200)
    blobs: dict[int, bytes] = {}
    for seq in chance.sample(range(_PRINTED.stop, _PRINTED.stop + count), chance.randint(0, 3)):
        # Half of them are also named by other sessions.
        size = chance.randint(10, 60_000)
        blobs[seq] = b"shared" if chance.random() < 0.5 else chance.randbytes(size).hex().encode()
    printed = [chance.randbytes(8).hex() for _ in _PRINTED]
    lines, masked = (
        [encode(event) for event in _events(session, fate, count, blobs, printed, secret)]
        for secret in (_SECRET, _STARS)
    )
    saved = [json.loads(line) for line in masked if b'"type":"save"' in line]
    redaction = {
        "id": "r1",
        "spans": [[1, "/text", len(_BEFORE), len(_SECRET)]],
        "saves": [[save["seq"], save["sha256"]] for save in saved],
        "blobs": [],
    }
    # Two lines at least: the document is opened anew in the second one.
    window = chance.choice(_PRINTED[:-1]), _PRINTED[-1]
    return Script(session, fate, lines, masked, blobs, redaction, window)


def _events(
    session: str, fate: Fate, count: int, blobs: dict[int, bytes], printed: list[str], secret: str
) -> Iterator[Event]:
    """Somebody opens a file with a secret in it, sees a program print, types and saves."""
    yield Session(
        seq=0,
        t=0,
        wire=1,
        session=session,
        started_at=_OLD if fate == "expired" else _NEW,
        editor={"name": "soak", "version": "1"},
        recorder={"name": "pairlog", "version": "1"},
        position_encoding="utf-16",
        clock="recorder",
        workspace="0",
        consent="content",
        use="private",
        policy="2026-11",
    )
    text = f'{_BEFORE}{secret}"\n'
    yield Open(seq=1, t=1, doc=1, path="a.py", why="opened", source="editor", text=text)
    for seq, word in zip(_PRINTED, printed, strict=True):
        yield Run(seq=seq, t=seq, id="r", phase="output", output=word)
    typed = 0
    of = "text" if secret == _SECRET else "masked"
    for seq in range(_PRINTED.stop, _PRINTED.stop + count):
        if seq in blobs:
            digest = sha256(blobs[seq]).hexdigest()
            yield Open(seq=seq, t=seq, doc=seq, path=f"{seq}.txt", why="opened", source="disk", blob=digest)
        elif seq % 30 == 0:
            yield Save(seq=seq, t=seq, doc=1, sha256=sha256(text.encode()).hexdigest(), sha256_of=of)
        else:
            key = _KEYS[seq * seq % len(_KEYS)]
            yield Edit(seq=seq, t=seq, doc=1, changes=[(1, typed, 1, typed, key)], cause="typed")
            text, typed = text + key, typed + 1
    seq = _PRINTED.stop + count
    yield End(seq=seq, t=seq, reason="shutdown")
