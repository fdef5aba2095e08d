"""What an edit takes at rest for good: repacked in the store, and in the lake; and how fast sessions move."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from collector_api.database.direct import Direct
from collector_api.lake.lines import LinesFile, LinesWriter
from collector_api.rows import sessions
from collector_api.rows.repacking import Repacker
from tests import corpus
from tests.bench.row import Row
from tests.bench.seek import send
from tests.bench.stored import session

#: What a sender has to say every few seconds.
_SENT_LINES = 20


def rows() -> Iterable[Row]:
    if not corpus.present():
        yield Row("lake: skipped, the traces are not here", 0, "")
        return
    for name in corpus.NAMES:
        trace = corpus.load(name)
        # Without the text that the trace begins with, as in the row of whole frames.
        lines = [line for line in session(trace) if not line.startswith(b'{"seq":1,')]
        with tempfile.TemporaryDirectory() as folder:
            yield from _of(name, Path(folder), lines, len(trace.edits))


def _of(name: str, folder: Path, lines: list[bytes], edits: int) -> Iterator[Row]:
    numbered = [
        line.replace(b'{"seq":%d,' % (seq + 1), b'{"seq":%d,' % seq) for seq, line in enumerate(lines)
    ]
    sent = [numbered[at : at + _SENT_LINES] for at in range(0, len(numbered), _SENT_LINES)]
    with send(folder, sent) as store:
        before = _bytes(store)
        begun = time.perf_counter()
        for _ in Repacker(store).steps():
            pass
        yield Row(f"{name}: repacking", len(lines) / (time.perf_counter() - begun), "events/s")
        yield Row(f"{name}: bytes per edit, frames of {_SENT_LINES}", before / edits, "B")
        yield Row(f"{name}: bytes per edit, the same repacked", _bytes(store) / edits, "B", 18)
        with store.reading() as connection:
            (info,) = sessions.everything(connection)
    writer = LinesWriter()
    begun = time.perf_counter()
    writer.add(info, numbered)
    packed = writer.finish()
    assert list(LinesFile(io.BytesIO(packed)).lines(info.session)) == numbered
    yield Row(f"{name}: to the lake and back", len(lines) / (time.perf_counter() - begun), "events/s")
    yield Row(f"{name}: bytes per edit, lake", len(packed) / edits, "B", 6.5)


def _bytes(store: Direct) -> int:
    with store.reading() as connection:
        found: int = connection.exec_driver_sql("SELECT sum(length(data)) FROM frame").scalar_one()
        return found
