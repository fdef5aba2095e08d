"""`pairlog import` sends to a collector: a real one, and one that asks for patience."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pairlog.cli import main
from pairlog.client import Client
from pairlog.errors import UserError
from pairlog.frame import pack
from processing.imports.imported import Imported
from processing.imports.upload import upload
from tests.lsp_server.failing_collector import Failure, failing_collector
from tests.support.processes import Collector

SMALL = Imported("01747640-d738-7c67-8746-55b50a787581", [b'{"seq":%d}' % seq for seq in range(4)], 1)
KEYS = 2500


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    served = Collector(tmp_path_factory.mktemp("collector") / "data")
    yield served
    served.stop()


@pytest.fixture
def mine(collector: Collector, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The collector and a contributor's token, where the command looks for them."""
    token = collector.token(request.node.name)
    monkeypatch.setenv("PAIRLOG_COLLECTOR_URL", collector.address)
    monkeypatch.setenv("PAIRLOG_TOKEN", token)
    return token


@pytest.fixture
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A trace of 2,500 keys, another one for each test."""
    start = f"{request.node.name}\n"
    patches = [[[len(start) + place, 0, "x"]] for place in range(KEYS)]
    txns = [{"time": "2020-09-10T04:23:15.000Z", "patches": patch} for patch in patches]
    written = tmp_path / "keys.json"
    written.write_text(
        json.dumps({"startContent": start, "endContent": start + "x" * KEYS, "txns": txns}), encoding="utf-8"
    )
    return written


def run(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main(["import", "editing-trace", *map(str, words), "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["import", "editing-trace", *map(str, words)]) == 1
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    return err


@pytest.mark.usefixtures("mine")
def test_a_trace_is_sent_once_however_often_it_is_imported(
    collector: Collector, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run(capsys, file)
    session = first["session"]
    assert first == {"session": session, "lines": KEYS + 4, "edits": KEYS, "sent": KEYS + 4}
    before = collector.events(session)
    assert run(capsys, file) == {**first, "sent": 0}
    assert collector.events(session) == before
    assert collector.replay(session, "keys").decode() == json.loads(file.read_text())["endContent"]
    assert collector.verify(session) == {
        "session": session,
        "saves": 1,
        "verified": True,
        "first_bad_seq": None,
    }
    assert main(["import", "editing-trace", str(file)]) == 0
    said = f"{session}: {collector.address} has all its {KEYS + 4:,} lines already\n"
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("stored", [1, 2, 1500])
def test_a_try_that_was_cut_off_goes_on_where_it_ended(
    stored: int,
    mine: str,
    collector: Collector,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    session = run(capsys, file, "--out", tmp_path / "out")["session"]
    lines = gzip.decompress((tmp_path / "out" / "session.ndjson.gz").read_bytes()).splitlines()[:stored]
    with Client(collector.address, mine) as client:
        assert client.post_frame(session, pack(lines)) == stored - 1
    assert run(capsys, file)["sent"] == KEYS + 4 - stored
    assert collector.verify(session)["verified"]


@pytest.mark.usefixtures("mine")
def test_other_options_make_another_session_of_the_same_workspace(
    collector: Collector, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ([], ["--use", "public"], ["--language", "text"], ["--path", "a.txt"])
    sessions = [run(capsys, file, *words)["session"] for words in options]
    headers = [collector.events(session)[0] for session in sessions]
    assert len(set(sessions)) == 4
    assert len({header["workspace"] for header in headers}) == 1
    assert [header["use"] for header in headers] == ["private", "public", "private", "private"]


@pytest.mark.usefixtures("mine")
def test_what_the_collector_refuses_is_one_line(
    collector: Collector, file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    session = run(capsys, file)["session"]
    for token in ("", "wrong", "plg_ä", collector.token("reader", "researcher")):
        monkeypatch.setenv("PAIRLOG_TOKEN", token)
        said = refused(capsys, file)
        assert "PAIRLOG_TOKEN" in said or "private use" in said
    monkeypatch.setenv("PAIRLOG_TOKEN", collector.token("theirs"))
    assert "is another contributor's" in refused(capsys, file)
    assert main(["erase", session, "--data", str(collector.data)]) == 0
    capsys.readouterr()
    assert "was erased" in refused(capsys, file)


def test_a_collector_that_is_not_named_or_not_there_is_one_line(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAIRLOG_COLLECTOR_URL", raising=False)
    assert "no collector is named" in refused(capsys, file)
    assert "is `pairlog serve` up?" in refused(capsys, file, "--to", "http://127.0.0.1:9")
    assert "is no collector on this machine" in refused(capsys, file, "--to", "https://example.org")


def test_a_collector_that_asks_for_patience_gets_the_same_frame_again() -> None:
    waited: list[float] = []
    with failing_collector() as fake, Client(fake.address, "t", sleep=waited.append) as collector:
        fake.failures = [
            Failure(503, {"code": "storage"}, {"Retry-After": "5"}),
            Failure(429, {"code": "rate"}, {"Retry-After": "20"}),
        ]
        assert upload(collector, SMALL) == 0
        assert list(fake.lines.values()) == SMALL.lines
    assert fake.frames == [pack(SMALL.lines, 9)] * 3
    assert waited == [5.0, 20.0]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Failure(503, {"code": "storage", "detail": "the disk is full"}), "the disk is full"),
        (Failure(409, {"code": "conflict", "seq": 2}), "holds other lines as session"),
        (Failure(410, {"code": "erased"}), "was erased from"),
        (Failure(422, {"code": "line", "detail": "seq 2 is bad"}), "seq 2 is bad"),
        (Failure(500), "answered 500"),
        (Failure(200), "answers as no collector does"),
    ],
)
def test_an_answer_that_does_not_fit_is_told(answer: Failure, said: str) -> None:
    with failing_collector() as fake, Client(fake.address, "t", sleep=lambda seconds: None) as collector:
        fake.always = answer
        with pytest.raises(UserError, match=said):
            upload(collector, SMALL)
