"""One session's way to a collector that fails in every way the protocol knows; time is moved by hand."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from pathlib import Path

import pytest

from lsp_server.home.blob_store import BlobStore
from lsp_server.home.control import Orders
from lsp_server.home.layout import Route, SessionFiles
from lsp_server.sending import outbox as module
from lsp_server.sending.pace import Pace
from pairlog.home import open_home
from tests.lsp_server.dispatch import HEADER, LINES, OPENED, SESSION, Bench, edit, end
from tests.lsp_server.failing_collector import FailingCollector, Failure, failing_collector


def test_a_whole_session_arrives_and_leaves_nothing_behind(bench: Bench, collector: FailingCollector) -> None:
    assert bench.finish() == "done"
    assert list(collector.lines.values()) == LINES
    assert not any(file.exists() for file in vars(bench.files).values() if isinstance(file, Path))


@pytest.mark.parametrize(
    "failures",
    [
        [Failure(500), Failure(502), Failure(503, headers={"Retry-After": "2"})],
        [Failure(429, headers={"Retry-After": "1"})],
        [Failure(200, drop=True), Failure(200, drop=True)],
        [Failure(408), Failure(200, {"acked": -1})],
        [Failure(401, {"detail": "no such token"}), Failure(403)],
    ],
)
def test_after_a_failure_the_same_bytes_come_again(
    failures: list[Failure], bench: Bench, collector: FailingCollector
) -> None:
    collector.failures = failures
    assert bench.finish() == "done"
    assert set(collector.frames) == {collector.frames[0]}
    assert list(collector.lines.values()) == LINES


def test_nothing_is_asked_before_the_time_that_the_collector_named(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.failures = [Failure(429, {"detail": "slow down"}, {"Retry-After": "100"})]
    bench.spool(*LINES)
    assert bench.run(99) == "offline"
    assert (len(collector.frames), bench.delivery.state.detail) == (
        1,
        "the collector answered 429: slow down",
    )
    assert bench.run(5) == "done"


def test_a_collector_that_fails_for_a_day_is_asked_rarely_and_loses_nothing(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.always = Failure(500, {"detail": "broken"})
    bench.spool(*LINES[:-1])
    assert bench.run(24 * 3600, every=10) == "offline"
    assert 24 * 60 <= len(collector.frames) < 2 * 24 * 60 + 20
    collector.always = None
    bench.spool(LINES[-1])
    assert bench.run(100) == "done"
    assert list(collector.lines.values()) == LINES


@pytest.mark.parametrize("status", [429, 503, 507])
def test_whoever_asks_for_a_pause_gets_it(status: int, bench: Bench, collector: FailingCollector) -> None:
    collector.failures = [Failure(status, headers={"Retry-After": "100"})]
    bench.spool(*LINES)
    assert (bench.run(99), len(collector.frames)) == ("offline", 1)
    assert bench.run(5) == "done"


def test_edits_wait_for_the_end_of_their_line_and_the_rest_does_not(
    bench: Bench, collector: FailingCollector
) -> None:
    bench.pace = Pace()
    bench.restart()
    bench.spool(*LINES[:6])
    bench.run(9)
    assert collector.acked == 1
    bench.run(2)
    assert collector.acked == 5
    bench.spool(*LINES[6:])
    assert bench.run(0.25) == "done"
    assert list(collector.lines.values()) == LINES


def test_what_a_dead_recorder_left_waits_for_nothing(bench: Bench, collector: FailingCollector) -> None:
    bench.pace = Pace()
    bench.restart()
    bench.spool(*LINES[:6])
    bench.recorder_dies()
    assert bench.run(0.25) == "done"
    assert [event["type"] for event in collector.events[-3:]] == ["edit", "gap", "end"]


def test_a_session_with_a_wrong_token_goes_on_with_the_one_that_was_set_since(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.token = "right"
    bench.spool(*LINES)
    assert bench.run() == "offline"
    later = SessionFiles(bench.home, SESSION[:-1] + "2")
    later.write_route(Route(collector.address, "right"))
    later.spool.touch()
    assert bench.run(120) == "done"
    assert list(collector.lines.values()) == LINES


def test_a_token_is_never_shown_to_another_collector(bench: Bench, collector: FailingCollector) -> None:
    collector.token = "right"
    later = SessionFiles(bench.home, SESSION[:-1] + "2")
    later.write_route(Route("http://127.0.0.1:9", "right"))
    later.spool.touch()
    bench.spool(*LINES)
    assert bench.run(120) == "offline"
    assert collector.lines == {}


@pytest.mark.parametrize("at", [0, 1, 5, 9])
def test_an_unreadable_line_of_the_outbox_comes_from_the_spool_again(
    bench: Bench, collector: FailingCollector, at: int
) -> None:
    collector.always = Failure(500)
    bench.spool(*LINES)
    bench.run(0.25)
    bench.files.outbox.write_bytes(
        b"".join(b"%b\n" % (b"garbage" if i == at else line) for i, line in enumerate(LINES))
    )
    collector.always = None
    bench.restart()
    bench.run(120)
    assert list(collector.lines.values()) == LINES


def test_a_refused_token_is_said_clearly(bench: Bench, collector: FailingCollector) -> None:
    collector.failures = [Failure(401, {"detail": "this token is not known"})] * 3
    bench.spool(*LINES)
    bench.run(0.25)
    assert bench.delivery.state.detail == (
        "the collector refuses the token (this token is not known); "
        "set PAIRLOG_TOKEN to a valid one and restart the editor"
    )


def test_without_a_collector_it_waits(tmp_path: Path) -> None:
    bench = Bench(open_home(tmp_path / "home"), None)
    assert bench.finish() == "waiting"
    assert bench.delivery.is_waiting


def test_a_collector_that_is_down_is_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    with failing_collector() as gone:
        pass
    bench = Bench(open_home(tmp_path / "home"), gone.address)
    assert bench.finish() == "offline"
    assert "no answer from http://127.0.0.1" in bench.delivery.state.detail


def test_a_sender_that_starts_anew_asks_how_far_the_last_one_came(
    bench: Bench, collector: FailingCollector
) -> None:
    bench.spool(*LINES[:5])
    bench.run()
    bench.restart()
    bench.spool(*LINES[5:])
    assert bench.run() == "done"
    assert list(collector.lines.values()) == LINES
    assert len(collector.frames) == 2


def test_a_collector_restored_from_an_old_backup_gets_again_what_it_lost(
    bench: Bench, collector: FailingCollector
) -> None:
    bench.spool(*LINES[:8])
    bench.run()
    for seq in range(3, 8):
        del collector.lines[seq]
    bench.spool(*LINES[8:])
    assert bench.run() == "done"
    assert [event["seq"] for event in collector.events] == list(range(10))


def test_a_collector_that_lost_the_whole_session_and_its_blobs_gets_them_again(
    bench: Bench, collector: FailingCollector
) -> None:
    text = BlobStore(bench.home.blobs).keep(b"text")
    opened = OPENED.replace(b'"text":""', b'"blob":"%s"' % text.encode())
    bench.spool(HEADER, opened, *LINES[2:5])
    bench.run()
    collector.lines.clear()
    collector.blobs.clear()
    collector.needs_blobs = True
    bench.spool(*LINES[5:])
    assert bench.run() == "done"
    assert list(collector.lines.values()) == [HEADER, opened, *LINES[2:]]
    assert list(collector.blobs) == [text]


def test_a_crash_between_acknowledgement_and_removal_is_made_good(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.lines = dict(enumerate(LINES))
    assert bench.finish() == "done"
    assert collector.frames == []


def test_a_connection_that_breaks_in_the_middle_of_a_frame_costs_a_later_try(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.resets = 3
    bench.spool(*LINES[:5])
    assert bench.run(1) == "offline"
    bench.spool(*LINES[5:])
    assert bench.run(100) == "done"
    assert list(collector.lines.values()) == LINES


def test_a_home_that_is_older_than_what_its_collector_has_is_told_apart(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.lines = dict(enumerate([*LINES[:-1], *map(edit, range(9, 20))]))
    before = dict(collector.lines)
    bench.spool(*LINES[:6])
    bench.recorder_dies()
    assert bench.run() == "parked"
    assert bench.delivery.state.detail == (
        "the collector holds this session up to line 19, this home to line 7: "
        "the home is older, as from a backup; nothing of it needs to be sent"
    )
    assert (collector.lines, collector.frames) == (before, [])


@pytest.mark.parametrize("acked", [1, 2, 3])
def test_lines_that_are_lost_in_front_of_the_outbox_become_a_gap(
    acked: int, bench: Bench, collector: FailingCollector
) -> None:
    collector.lines = dict(enumerate(LINES[: acked + 1]))
    again = OPENED.replace(b'"seq":1', b'"seq":5').replace(b"opened", b"resync")
    bench.spool(again, *LINES[6:])
    assert bench.run() == "done"
    gap = {"reason": "delivery_lost", "count": 4 - acked, "detail": "lines are missing in the spool"}
    through = {"through": 4} if acked < 3 else {}
    assert collector.events[acked + 1] == {"seq": acked + 1, "t": 0, "type": "gap", **gap, **through}
    assert [event["type"] for event in collector.events[acked + 2 :]] == ["open", *["edit"] * 3, "end"]


def test_without_its_header_a_session_that_nobody_knows_is_parked(
    bench: Bench, collector: FailingCollector
) -> None:
    bench.spool(*LINES[4:])
    assert bench.run() == "parked"
    assert bench.delivery.state.detail == (
        "the header of this session cannot be read, and the collector has none"
    )


def test_a_frame_has_at_most_250_lines(bench: Bench, collector: FailingCollector) -> None:
    lines = [HEADER, OPENED, *map(edit, range(2, 600)), end(600)]
    bench.spool(*lines)
    assert bench.run(0.25) == "done"
    assert [len(gzip.decompress(frame).splitlines()) for frame in collector.frames] == [250, 250, 101]
    assert list(collector.lines.values()) == lines


def test_a_conflict_parks_the_session_and_asks_for_a_new_one(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.failures = [Failure(409, {"code": "conflict", "seq": 3, "detail": "other bytes"})]
    orders = Orders(bench.files.control)
    assert bench.finish() == "parked"
    assert bench.delivery.state.detail == (
        "the collector holds other lines under this session (seq 3): other bytes"
    )
    assert orders.take() == [{"order": "new_session"}]
    bench.restart()
    assert bench.run(100) == "parked"
    assert (len(collector.frames), bench.files.spool.exists()) == (1, True)


def test_an_erased_session_is_dropped(bench: Bench, collector: FailingCollector) -> None:
    collector.failures = [Failure(410, {"code": "erased"})]
    assert bench.finish() == "done"
    assert not bench.files.spool.exists() and not bench.files.outbox.exists()


def test_a_refused_line_is_set_aside_and_a_gap_takes_its_place(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.bad_lines = {4: {"code": "line", "reason": "it is odd"}}
    orders = Orders(bench.files.control)
    bench.spool(*LINES[:-1])
    bench.run()
    gap = {
        "seq": 4,
        "t": 4,
        "type": "gap",
        "reason": "refused",
        "count": 1,
        "detail": "it is odd",
        "docs": [1],
    }
    lost = "the text that it belongs to was lost before it"
    after = [{**gap, "seq": seq, "t": seq, "detail": lost} for seq in range(5, 9)]
    assert collector.events == [*map(json.loads, LINES[:4]), gap, *after]
    assert bench.files.refused.read_bytes() == b"".join(edit(seq) + b"\n" for seq in range(4, 9))
    assert orders.take() == [{"order": "rebase"}]
    again = OPENED.replace(b'"seq":1', b'"seq":10').replace(b"opened", b"after_gap")
    bench.spool(edit(9), again, edit(11), end(12))
    bench.run()
    kinds = [event["type"] for event in collector.events[9:]]
    assert kinds == ["gap", "open", "edit", "end"]


@pytest.mark.parametrize("seq", [0, 9])
def test_a_session_whose_header_or_end_is_refused_is_parked(
    seq: int, bench: Bench, collector: FailingCollector
) -> None:
    collector.bad_lines = {seq: {"code": "line", "reason": "it is odd"}}
    assert bench.finish() == "parked"
    assert bench.delivery.state.detail == f"the collector refuses line {seq}: it is odd"


def test_a_frame_over_a_limit_is_halved_until_it_fits(bench: Bench, collector: FailingCollector) -> None:
    collector.failures = [Failure(413, {"detail": "too long"})] * 3
    assert bench.finish() == "done"
    assert list(collector.lines.values()) == LINES


def test_a_line_over_a_limit_is_refused_and_the_rest_arrives(
    bench: Bench, collector: FailingCollector
) -> None:
    bench.spool(*LINES[:4])
    bench.run()
    collector.failures = [Failure(413, {"detail": "too long"})]
    bench.spool(LINES[4])
    bench.run()
    bench.spool(*LINES[5:])
    assert bench.run() == "done"
    assert (collector.events[4]["reason"], collector.events[4]["detail"]) == ("refused", "too long")


def test_blobs_go_before_the_lines_that_name_them(bench: Bench, collector: FailingCollector) -> None:
    blobs = BlobStore(bench.home.blobs)
    file = blobs.keep(b"content")
    entry = {"path": "a", "mode": "100644", "blob": file}
    manifest = blobs.keep(json.dumps({"files": [entry]}).encode())
    text = blobs.keep(b"text")
    bench.spool(
        HEADER,
        b'{"seq":1,"t":1,"type":"workspace","manifest":"%s","files":1}' % manifest.encode(),
        OPENED.replace(b'"seq":1', b'"seq":2').replace(b'"text":""', b'"blob":"%s"' % text.encode()),
        end(3),
    )
    assert bench.run() == "done"
    assert list(collector.blobs) == [file, manifest, text]
    assert all(sha256(data).hexdigest() == digest for digest, data in collector.blobs.items())


def test_a_line_whose_blob_is_lost_is_refused_and_the_rest_arrives(
    bench: Bench, collector: FailingCollector
) -> None:
    collector.bad_lines = {1: {"code": "blob", "reason": "it is not here"}}
    bench.spool(HEADER, OPENED.replace(b'"text":""', b'"blob":"%s"' % (b"0" * 64)), end(2))
    assert bench.run() == "done"
    assert [event["type"] for event in collector.events] == ["session", "gap", "end"]
    assert collector.events[1]["detail"] == "blob: it is not here"


class TestSpool:
    def test_a_dead_recorders_session_is_closed(self, bench: Bench, collector: FailingCollector) -> None:
        bench.spool(*LINES[:4], torn=b'{"seq":4,"t"')
        bench.run()
        assert collector.acked == 3
        bench.recorder_dies()
        assert bench.run() == "done"
        assert [(event["seq"], event["type"], event.get("reason")) for event in collector.events[4:]] == [
            (4, "gap", "interrupted"),
            (5, "end", "interrupted"),
        ]
        assert bench.files.refused.read_bytes() == b'{"seq":4,"t"\n'

    def test_one_that_died_before_its_header_leaves_no_session(
        self, bench: Bench, collector: FailingCollector
    ) -> None:
        bench.spool()
        bench.recorder_dies()
        assert bench.run() == "done"
        assert collector.frames == []

    def test_an_unreadable_line_is_set_aside_and_the_documents_are_based_anew(
        self, bench: Bench, collector: FailingCollector
    ) -> None:
        orders = Orders(bench.files.control)
        bench.spool(*LINES[:4], b"\x00" * 40, *LINES[5:-1])
        assert bench.run() == "sending"
        assert collector.events[4]["detail"] == "lines of the spool could not be read"
        assert bench.files.refused.read_bytes().splitlines() == [b"\x00" * 40, *LINES[5:-1]]
        assert orders.take() == [{"order": "rebase"}]

    def test_the_spool_and_the_outbox_cut_at_any_byte_lose_and_double_nothing(
        self, tmp_path: Path, collector: FailingCollector, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module.os, "fsync", lambda _descriptor: None)
        whole = b"".join(line + b"\n" for line in LINES)
        for cut in range(0, len(whole), 23):
            collector.lines.clear()
            bench = Bench(open_home(tmp_path / f"home-{cut}"), collector.address)
            bench.files.outbox.write_bytes(whole[:cut])
            bench.restart()
            assert bench.finish() == "done"
            assert list(collector.lines.values()) == LINES


def test_an_outbox_on_a_full_disk_is_said_and_made_good_later(
    bench: Bench, collector: FailingCollector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("lsp_server.sending.outbox.os.fsync", full)
        assert bench.finish() == "offline"
    assert bench.delivery.state.detail == "the outbox cannot be written (No space left on device)"
    assert bench.run(100) == "done"
    assert list(collector.lines.values()) == LINES
