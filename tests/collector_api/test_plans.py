"""What becomes of a frame is worked out beside the writer where that takes long, and still holds."""

from __future__ import annotations

import asyncio
import json
import threading
from hashlib import sha256
from typing import Any

import pytest

from collector_api.arriving.arrivals import Arrivals
from collector_api.database.tables import Blob, table_of
from collector_api.lines.decoder import read_lines
from collector_api.lines.redactions import read_redaction
from collector_api.problems import BlobMissing, TooFast
from collector_api.rows import appending, blobs, ledger
from collector_api.rows.appending import Arrival
from pairlog.blobs import read_manifest
from pairlog.frame import pack
from tests.collector_api.driver import SESSION, SMALL, Collector, line, problem, session_lines
from tests.collector_api.secret import SAVES, SPANS, masked_lines, secret_lines
from tests.collector_api.test_redacted_blobs import NEW, OLD, PAIR, opens, status

CONTENT = b"text of a file\n"
DIGEST = sha256(CONTENT).hexdigest()
MANIFEST = json.dumps({"files": [{"path": "a.py", "mode": "100644", "blob": DIGEST}]}).encode()
NAMED = sha256(MANIFEST).hexdigest()
HEADER = session_lines(consent="workspace")[0]


def _workspace(seq: int) -> bytes:
    return line(seq, "workspace", manifest=NAMED, files=1)


def _arrival(raws: list[bytes]) -> Arrival:
    return Arrival(SESSION, 1, read_lines(raws, SESSION, SMALL), pack(raws))


def _planned(collector: Collector, raws: list[bytes]) -> Arrival:
    with collector.store.reading() as connection:
        return appending.planned(connection, _arrival(raws), SMALL)


def _take(collector: Collector, arrival: Arrival) -> int:
    async def take() -> int:
        return (await Arrivals(collector.store, SMALL).take(arrival)).acked

    return asyncio.run(take())


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether the writer's thread read it, of each manifest and each redaction that is read."""
    found: list[bool] = []

    def noted(read: Any) -> Any:
        def reading(*what: Any) -> Any:
            found.append(threading.current_thread().name == "writer")
            return read(*what)

        return reading

    monkeypatch.setattr(blobs, "read_manifest", noted(read_manifest))
    monkeypatch.setattr(ledger, "read_redaction", noted(read_redaction))
    return found


def test_a_manifest_of_many_lines_is_read_once_and_keeps_no_writer(
    collector: Collector, mine: str, readers: list[bool]
) -> None:
    for content in (CONTENT, MANIFEST):
        collector.put(mine, content)
    lines = [HEADER, *map(_workspace, range(1, 9))]
    assert collector.send(mine, lines).json() == {"acked": 8}
    assert readers == [False]
    assert collector.lines(mine) == lines


def test_a_frame_behind_a_redaction_is_held_against_it_beside_the_writer(
    collector: Collector, mine: str, readers: list[bool]
) -> None:
    collector.send(mine, secret_lines()[:2])
    collector.redact(mine, spans=SPANS, saves=SAVES)
    assert collector.send(mine, secret_lines()[2:]).json() == {"acked": 5}
    assert readers == [False]
    assert collector.lines(mine) == masked_lines()


def test_a_redaction_asks_for_no_earlier_one(collector: Collector, mine: str, readers: list[bool]) -> None:
    collector.send(mine, secret_lines())
    collector.redact(mine, id="r1", spans=SPANS[:1])
    collector.redact(mine, id="r2", spans=SPANS[1:], saves=SAVES)
    assert readers == []
    assert collector.lines(mine) == masked_lines()


def test_a_refusal_is_found_beside_the_writer_too(
    collector: Collector, mine: str, readers: list[bool]
) -> None:
    collector.put(mine, MANIFEST)
    answer = collector.send(mine, [HEADER, _workspace(1), _workspace(2)])
    assert (problem(answer), answer.json()["seq"]) == ((422, "blob"), 1)
    assert readers == [False]


def test_a_manifest_that_is_also_the_content_of_a_file_is_read(collector: Collector, mine: str) -> None:
    collector.put(mine, MANIFEST)
    opened = line(1, "open", doc=1, path="m.json", why="opened", source="disk", blob=NAMED)
    answer = collector.send(mine, [HEADER, opened, _workspace(2)])
    assert (problem(answer), answer.json()["seq"], answer.json()["sha256"]) == ((422, "blob"), 2, DIGEST)


def test_a_redaction_that_comes_behind_the_plan_is_not_missed(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines()[:2])
    planned = _planned(collector, secret_lines()[2:])
    collector.redact(mine, spans=SPANS, saves=SAVES)
    assert _take(collector, planned) == 5
    assert collector.lines(mine) == masked_lines()


def test_nor_is_one_of_a_session_that_is_not_here_yet(collector: Collector, mine: str) -> None:
    collector.redact(mine, id="r1", spans=SPANS[:1])
    planned = _planned(collector, secret_lines())
    collector.redact(mine, id="r2", spans=SPANS[1:], saves=SAVES)
    assert _take(collector, planned) == 5
    assert collector.lines(mine) == masked_lines()


def test_lines_forgotten_behind_the_plan_stay_forgotten(collector: Collector, mine: str) -> None:
    collector.send(mine, secret_lines()[:2])
    planned = _planned(collector, secret_lines()[2:])
    collector.forget(mine, 2, 4)
    assert _take(collector, planned) == 5
    assert [json.loads(raw)["type"] for raw in collector.lines(mine)] == ["session", "open", "forget", "end"]


def test_a_plan_holds_for_what_it_found_alone(collector: Collector, mine: str) -> None:
    lines = session_lines()
    collector.send(mine, lines[:2])
    planned = _planned(collector, lines[2:])
    collector.send(mine, lines[2:4])
    assert _take(collector, planned) == 8
    assert collector.lines(mine) == lines


def test_a_content_that_goes_behind_the_plan_is_missed(collector: Collector, mine: str) -> None:
    for content in (CONTENT, MANIFEST):
        collector.put(mine, content)
    planned = _planned(collector, [HEADER, _workspace(1)])
    gone = table_of(Blob).delete().where(table_of(Blob).c.sha256 == DIGEST)
    collector.store.written(lambda connection: connection.execute(gone).rowcount)
    with pytest.raises(BlobMissing):
        _take(collector, planned)
    assert collector.lines_or_none(mine) is None


def test_a_replaced_content_that_comes_behind_the_plan_goes_with_the_line_that_named_it(
    collector: Collector, mine: str
) -> None:
    collector.put(mine, NEW)
    collector.redact(mine, blobs=[PAIR])
    planned = _planned(collector, opens(OLD))
    collector.put(mine, OLD)
    assert _take(collector, planned) == 2
    assert collector.lines(mine) == opens(NEW)
    assert status(collector, mine, OLD) == 404


def test_a_session_that_never_stands_still_comes_again_later(
    collector: Collector, mine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.send(mine, secret_lines()[:2])
    outdated = _planned(collector, secret_lines()[2:])
    collector.redact(mine, spans=SPANS)
    monkeypatch.setattr(appending, "planned", lambda *_: outdated)
    with pytest.raises(TooFast):
        _take(collector, outdated)
    assert collector.lines(mine) == secret_lines()[:2]
