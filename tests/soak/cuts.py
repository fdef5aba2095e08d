"""The spool and the outbox of a real recording cut at every byte, as a power cut or a full disk may do."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import get_args
from unittest.mock import patch

from pairlog.home import Home
from tests.soak.inside import InsideCollector
from tests.soak.rig import Ending, Left, Recording, Rig, record


@dataclass
class Result:
    """What a run did and found; it held where `problems` is empty."""

    cuts: Counter[str] = field(default_factory=Counter)
    delivered_before: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def cuts(recording: Recording, ending: Ending, every: int, chance: Random) -> Iterator[tuple[str, Left]]:
    """Each `every`th cut, the first of them by chance: of one file, and of both files at once."""
    spool, outbox = recording.spool, recording.outbox

    def places(size: int) -> range:
        return range(chance.randrange(every), size + 1, every)

    def sent(kept: bytes) -> int:
        # Only what is on the disk is ever sent.
        return chance.randint(0, kept.count(b"\n")) if chance.random() < 0.5 else 0

    for at in places(len(outbox)):
        yield f"outbox, recorder {ending}", Left(spool, outbox[:at], sent(outbox[:at]))
    for at in places(len(spool)):
        if ending == "left":
            yield "spool, no outbox", Left(spool[:at])
        else:
            kept = outbox[: chance.randint(0, len(outbox))]
            yield "spool and outbox", Left(spool[:at], kept, sent(kept))


def run(folder: Path, every: int, seed: int, tell: Callable[[str], None] = print) -> Result:
    """Try each `every`th cut, below `folder`; the seed decides what is recorded and where counting starts."""
    chance = Random(seed)
    result = Result()
    begun = time.monotonic()
    recordings = {ending: record(folder, ending, chance) for ending in get_args(Ending)}
    collector = InsideCollector(folder / "data")
    try:
        with patch("os.fsync"):
            rig = Rig(Home(folder / "home-left"), collector, chance)
            rig.clear(recordings["left"].session)
            for ending, recording in recordings.items():
                for name, left in cuts(recording, ending, every, chance):
                    result.cuts[name] += 1
                    result.delivered_before += left.delivered > 0
                    session, expected = rig.fill(left, recording.session)
                    trouble = rig.deliver(rig.sender(), session)
                    found = rig.check(session, expected) if trouble is None else [trouble]
                    if found:
                        rig.clear(session)
                    where = f"{name} at {len(left.spool)}/{len(left.outbox or b'')}"
                    result.problems += [f"{where}: {it}" for it in found]
                    if (count := sum(result.cuts.values())) % 1000 == 0:
                        tell(f"cuts: {count}, {time.monotonic() - begun:.0f} s")
        for row in collector.sessions():
            if row.verified is False or not row.complete:
                result.problems.append(f"the collector says {row}")
    finally:
        collector.close()
    result.seconds = time.monotonic() - begun
    return result
