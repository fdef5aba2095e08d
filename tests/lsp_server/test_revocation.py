"""Consent that falls: what waits is taken back, what was sent stays until somebody erases it."""

from __future__ import annotations

import json
from random import Random

import pytest

from lsp_server.home import control
from lsp_server.home.blob_store import BlobStore
from lsp_server.sending.pace import Pace
from tests.lsp_server.dispatch import HEADER, OPENED, Bench, edit, end
from tests.lsp_server.failing_collector import FailingCollector, Failure
from tests.support.secrets import KINDS


def consent(seq: int, level: str) -> bytes:
    return b'{"seq":%d,"t":%d,"type":"consent","level":"%s","use":"private","policy":"2026-11"}' % (
        seq,
        seq,
        level.encode(),
    )


def kinds(collector: FailingCollector) -> list[str]:
    return [event["type"] for event in collector.events]


@pytest.mark.parametrize("level", ["off", "metadata"])
def test_what_waits_as_consent_falls_never_leaves(
    level: str, bench: Bench, collector: FailingCollector
) -> None:
    bench.pace = Pace()
    bench.restart()
    bench.spool(HEADER, OPENED, edit(2), edit(3))
    bench.run(1)
    assert kinds(collector) == ["session", "open"]
    bench.spool(edit(4), consent(5, level), end(6))
    assert bench.run(5) == "done"
    assert kinds(collector) == ["session", "open", "forget", "consent", "end"]
    assert collector.events[2] == {"seq": 2, "t": 4, "type": "forget", "through": 4}


def test_with_the_collector_away_only_the_header_and_the_end_are_left(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.always = Failure(500)
    bench.spool(HEADER, OPENED, *map(edit, range(2, 9)))
    bench.run(1)
    bench.spool(consent(9, "off"), end(10))
    bench.recorder_dies()
    bench.run(1)
    left = [json.loads(line)["type"] for line in bench.files.spool.read_bytes().splitlines()]
    assert left == ["session", "forget", "consent", "end"]
    assert bench.files.spool.read_bytes() == bench.files.outbox.read_bytes()
    collector.always = None
    bench.restart()
    assert bench.run(100) == "done"
    assert kinds(collector) == ["session", "forget", "consent", "end"]
    assert collector.recalls == [("forget", {"from": 1, "through": 8})]


def test_what_waits_of_a_recorder_that_is_gone_is_taken_back_by_order(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.always = Failure(500)
    bench.spool(HEADER, OPENED, *map(edit, range(2, 9)), end(9))
    bench.recorder_dies()
    bench.run(1)
    control.give(bench.files.control, control.CONSENT, level="off")
    bench.run(1)
    collector.always = None
    assert bench.run(100) == "done"
    assert kinds(collector) == ["session", "forget", "end"]


def test_below_workspace_the_tracked_files_that_wait_stay_here(
    bench: Bench, collector: FailingCollector
) -> None:
    manifest = BlobStore(bench.home.blobs).keep(b'{"files":[]}')
    collector.always = Failure(500)
    bench.spool(
        HEADER,
        b'{"seq":1,"t":1,"type":"workspace","manifest":"%s","files":0}' % manifest.encode(),
        OPENED.replace(b'"seq":1', b'"seq":2'),
        edit(3),
    )
    bench.run(1)
    collector.always = None
    bench.spool(consent(4, "content"), end(5))
    assert bench.run(100) == "done"
    assert kinds(collector) == ["session", "gap", "open", "edit", "consent", "end"]
    assert collector.events[1]["detail"] == "the consent to it was taken back"


def test_at_the_level_metadata_no_text_and_no_path_leaves(bench: Bench, collector: FailingCollector) -> None:
    bench.spool(HEADER.replace(b'"workspace"', b'"metadata"'), OPENED, edit(2), end(3))
    assert bench.run(5) == "done"
    opened, edited = collector.events[1:3]
    assert (opened["text"], edited["changes"]) == ("0,1", [[0, 0, 0, 0, "1,1"]])
    assert len(opened["path"]) == 32


def test_a_higher_level_takes_nothing_back(bench: Bench, collector: FailingCollector) -> None:
    again = OPENED.replace(b'"seq":1', b'"seq":3').replace(b"opened", b"resync")
    bench.spool(HEADER.replace(b'"workspace"', b'"metadata"'), OPENED, consent(2, "content"), again, end(4))
    assert bench.run(5) == "done"
    assert [event.get("text") for event in collector.events] == [None, "0,1", None, "", None]


def test_at_the_level_metadata_sizes_stay_sizes_though_a_sender_comes_anew(
    bench: Bench, collector: FailingCollector
) -> None:
    secret = KINDS["aws_access_key_id"](Random(1))
    pasted = b'{"seq":2,"t":2,"type":"edit","doc":1,"changes":[[0,0,0,0,"key = \'%s\'"]]}' % secret.encode()
    bench.spool(HEADER.replace(b'"workspace"', b'"metadata"'), OPENED, pasted)
    bench.run(5)
    bench.restart()
    bench.spool(end(3))
    assert bench.run(5) == "done"
    assert collector.events[2]["changes"] == [[0, 0, 0, 0, "28,1"]]
    assert collector.recalls == []
