"""`pairlog forget`: minutes taken back while the recorder lives, when it is gone, when all is delivered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from lsp_server.home import control
from lsp_server.home.forgotten import ForgottenWords
from lsp_server.home.layout import Route, SessionFiles
from lsp_server.home.refused import Refused
from lsp_server.home.state import read_recorder
from lsp_server.orders import ask
from lsp_server.sending.collector import Answer, Collector
from lsp_server.sending.delivered import DeliveredSession, delivered_since, remember
from lsp_server.sending.delivery import Delivery
from lsp_server.sending.pace import Pace
from pairlog.consent import Choice, store
from pairlog.consent import parse as parse_choice
from pairlog.duration import seconds_of
from pairlog.errors import UserError
from pairlog.home import open_home
from pairlog.replay import verify
from pairlog.rules import Scanner
from tests.lsp_server.desk import Desk
from tests.lsp_server.failing_collector import FailingCollector, Failure
from tests.support.secrets import KINDS

TEXT = "import os\n\n"
WORD = "confidential"


class Office:
    """A recording at a desk, its delivery, and a collector; minutes go by where a test says so."""

    def __init__(self, folder: Path, collector: FailingCollector, level: Choice = "content") -> None:
        self.collector = collector
        folder.mkdir(exist_ok=True)
        self.desk = Desk(folder, level)
        self.files = SessionFiles(self.desk.home, self.desk.sessions[0])
        self.files.write_route(Route(collector.address, "token"))
        self.now = 1000.0
        self.restart_sender()

    def restart_sender(self, pace: Pace | None = None) -> None:
        self.delivery = Delivery(
            self.desk.home,
            self.files.session,
            lambda it: Collector(it.collector or "", it.token),
            lambda: Route(None, None),
            pace or Pace(hold_s=0),
            Scanner(),
            ForgottenWords(self.desk.home),
        )

    def deliver(self, seconds: float = 5) -> str:
        until = self.now + seconds
        while self.now < until and not self.delivery.is_done:
            self.delivery.step(self.now)
            self.now += 0.25
        return "done" if self.delivery.is_done else self.delivery.state.state

    def type_word(self, text: str, line: int = 1) -> None:
        for column, key in enumerate(text):
            self.desk.change((line, column, line, column, key))

    def recorder_dies(self) -> None:
        recording = self.desk.recording
        recording._sessions.files.lock.release()
        recording.is_over = True

    @property
    def wall_ms(self) -> int:
        return self.desk.wall_ns // 1_000_000

    def forget(self, minutes: float) -> None:
        """As `pairlog forget` gives the order."""
        since = self.wall_ms - int(minutes * 60_000)
        control.give(self.files.control, control.FORGET, since=since, until=self.wall_ms)

    @property
    def stored(self) -> bytes:
        return b"\n".join(self.collector.lines.values())

    @property
    def sent(self) -> bytes:
        """All that has reached the collector since the last call of `hush`."""
        return b"".join(gzip.decompress(frame) for frame in self.collector.frames)

    @property
    def typed(self) -> str:
        """All text that the collector has of edits."""
        events = [json.loads(line) for line in self.collector.lines.values()]
        return "".join(change[4] for event in events for change in event.get("changes", []))

    @property
    def verdict(self) -> bool | None:
        lines = [self.collector.lines[seq] for seq in sorted(self.collector.lines)]
        return verify(lines, self.collector.blobs.__getitem__).verified


@pytest.fixture
def office(tmp_path: Path, collector: FailingCollector) -> Iterator[Office]:
    office = Office(tmp_path, collector)
    yield office
    office.desk.recording.end("shutdown")


def work(office: Office, *, is_sent: bool) -> None:
    """A file is opened; ten minutes later a word is typed that will be regretted."""
    office.desk.open(TEXT)
    office.type_word("x = 1")
    office.desk.save("import os\nx = 1\n")
    office.deliver()
    office.desk.passes(600)
    office.type_word(WORD)
    office.desk.save(f"import os\n{WORD}x = 1\n")
    if is_sent:
        office.deliver()
        assert WORD in office.typed
    office.desk.passes(60)


@pytest.mark.parametrize("is_sent", [False, True])
def test_with_the_recorder_alive_the_word_is_gone_though_it_stands_in_the_file(
    office: Office, is_sent: bool
) -> None:
    work(office, is_sent=is_sent)
    office.forget(5)
    office.desk.tick()
    office.deliver()
    kinds = [json.loads(line)["type"] for line in office.collector.lines.values()]
    assert kinds == ["session", "open", *["edit"] * 5, "save", "forget", "open"]
    assert WORD.encode() not in office.stored
    reopened = json.loads(list(office.collector.lines.values())[-1])
    assert (reopened["why"], reopened["text"]) == ("after_forget", f"import os\n{'*' * len(WORD)}x = 1\n")
    assert [what for what, _ in office.collector.recalls] == ["forget"] * is_sent
    office.collector.frames.clear()
    office.desk.change((1, len(WORD), 1, len(WORD), "_"))
    office.desk.save(f"import os\n{WORD}_x = 1\n")
    office.desk.recording.end("shutdown")
    assert office.deliver() == "done"
    assert WORD.encode() not in office.sent
    assert office.verdict is True


def test_what_is_copied_from_the_forgotten_text_later_is_masked_too(office: Office) -> None:
    work(office, is_sent=True)
    office.forget(5)
    office.desk.tick()
    office.desk.change((1, 0, 1, len(WORD), ""))
    office.desk.change((0, 0, 0, 0, f"{WORD} = 1\n"))
    office.desk.change((0, 0, -1, 0, f"# all anew\nprint({WORD})\n"))
    office.desk.save(f"# all anew\nprint({WORD})\n")
    office.desk.close("cart.py")
    office.desk.open(f"# all anew\nprint({WORD})\n")
    office.desk.observe(type="run", id="r", phase="output", output=f"NameError: {WORD}\n")
    office.collector.frames.clear()
    office.desk.recording.end("shutdown")
    assert office.deliver() == "done"
    assert WORD.encode() not in office.sent + office.stored
    assert office.verdict is True


def test_the_next_session_does_not_tell_what_the_last_one_forgot(office: Office) -> None:
    work(office, is_sent=True)
    office.forget(5)
    office.desk.tick()
    office.desk.recording.recorder.flush()
    office.desk.passes(31 * 60)
    office.desk.change((0, 0, 0, 0, "#"))
    assert len(office.desk.sessions) == 2
    office.files = SessionFiles(office.desk.home, office.desk.sessions[1])
    office.files.write_route(Route(office.collector.address, "token"))
    office.collector.lines.clear()
    office.restart_sender()
    office.desk.recording.end("shutdown")
    assert office.deliver() == "done"
    assert WORD.encode() not in office.stored
    assert office.verdict is None


@pytest.mark.parametrize("is_sent", [False, True])
def test_with_the_recorder_gone_the_sender_takes_the_minutes_back(office: Office, is_sent: bool) -> None:
    office.collector.always = None if is_sent else Failure(500)
    work(office, is_sent=is_sent)
    office.recorder_dies()
    office.forget(5)
    office.collector.always = None
    office.deliver(200)
    kinds = [json.loads(line)["type"] for line in office.collector.lines.values()]
    assert kinds == ["session", "open", *["edit"] * 5, "save", "forget", "gap", "end"]
    assert (office.verdict, office.delivery.is_done) == (True, True)
    assert WORD.encode() not in office.stored


def test_an_order_that_the_recorder_obeyed_before_it_died_is_not_obeyed_twice(office: Office) -> None:
    work(office, is_sent=True)
    office.forget(5)
    office.desk.tick()
    office.desk.change((0, 0, 0, 0, "#"))
    office.deliver()
    office.recorder_dies()
    office.restart_sender()
    assert office.deliver() == "done"
    kinds = [json.loads(line)["type"] for line in office.collector.lines.values()]
    assert kinds[-5:] == ["forget", "open", "edit", "gap", "end"]


@pytest.mark.parametrize("refusal", [Failure(503), Failure(429, {"code": "rate"}, {"Retry-After": "2"})])
def test_with_the_collector_away_or_busy_it_is_told_as_soon_as_it_can_be(
    office: Office, refusal: Failure
) -> None:
    work(office, is_sent=True)
    office.collector.always = refusal
    office.collector.failures = [refusal] * 4
    office.forget(5)
    office.desk.tick()
    assert office.deliver(1) == "offline"
    assert WORD in office.typed
    office.restart_sender()
    office.collector.always = None
    office.deliver(300)
    assert WORD.encode() not in office.stored
    assert [what for what, _ in office.collector.recalls] == ["forget"]


def test_minutes_in_which_recording_was_paused_are_forgotten_as_well(office: Office) -> None:
    work(office, is_sent=True)
    office.desk.recording.pause()
    office.forget(5)
    office.desk.tick()
    office.desk.recording.resume()
    office.desk.save(f"import os\n{WORD}x = 1\n")
    office.desk.recording.end("shutdown")
    assert office.deliver() == "done"
    assert WORD.encode() not in office.stored
    assert office.verdict is True


def test_a_session_that_is_delivered_is_forgotten_at_the_collector(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(office, is_sent=True)
    office.desk.recording.end("shutdown")
    assert office.deliver() == "done"
    monkeypatch.setattr(ask, "start_sender", lambda _home: None)
    shop = office.desk.shop
    done = ask.forget(office.desk.home, shop, 0, 2_000_000_000_000)
    assert done == ask.Forgotten([], 1)
    office.restart_sender()
    assert office.deliver() == "done"
    assert office.collector.recalls == [("forget", {"since": 0, "until": 2_000_000_000_000})]
    assert not office.files.spool.exists()


def test_a_wider_order_reaches_a_delivered_session_while_the_first_one_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(office, is_sent=True)
    office.desk.recording.end("shutdown")
    assert office.deliver() == "done"
    monkeypatch.setattr(ask, "start_sender", lambda _home: None)
    until = 2_000_000_000_000
    for since, folder in ((1000, None), (500, office.desk.shop), (0, None)):
        assert ask.forget(office.desk.home, folder, since, until) == ask.Forgotten([], 1)
    office.restart_sender()
    assert office.deliver() == "done"
    assert sorted(body["since"] for _, body in office.collector.recalls) == [0, 500, 1000]


def test_below_a_folder_its_sessions_without_a_recorder_are_meant_as_well(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ask, "start_sender", lambda _home: None)
    work(office, is_sent=False)
    office.recorder_dies()
    below = office.desk.shop / "src" / "cart"
    assert ask.forget(office.desk.home, below, 0, 2_000_000_000_000) == ask.Forgotten([], 1)


def test_lines_that_were_set_aside_are_forgotten_too(office: Office) -> None:
    work(office, is_sent=True)
    Refused(office.files.refused).add([b'{"text":"%s"}' % WORD.encode()])
    office.forget(5)
    office.desk.tick()
    office.deliver()
    assert not office.files.refused.exists()


def test_what_cannot_be_forgotten_on_a_full_disk_is_not_said_to_be(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(office, is_sent=False)
    with monkeypatch.context() as full:
        full.setattr("lsp_server.home.spool.replace", _refuse)
        office.forget(5)
        office.desk.tick()
        assert "No space left" in office.desk.messages[-1]
        told = read_recorder(office.files.state)
        assert told is not None
        assert told.forgot_until_ms == 0
    office.forget(5)
    office.desk.tick()
    told = read_recorder(office.files.state)
    assert told is not None
    assert told.forgot_until_ms == office.wall_ms - 1000


def _refuse(*_arguments: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_word_forgotten_at_the_level_metadata_does_not_leave_at_a_higher_one(
    office: Office, tmp_path: Path
) -> None:
    office = Office(tmp_path / "other", office.collector, "metadata")
    office.desk.open(TEXT)
    office.desk.passes(600)
    office.type_word(WORD)
    office.desk.passes(60)
    office.forget(5)
    office.desk.tick()
    store(office.desk.home, office.desk.shop, parse_choice("content"))
    office.desk.recording.choose(parse_choice("content"))
    office.desk.tick()
    office.desk.change((0, 0, 0, 0, "#"))
    office.desk.recording.end("shutdown")
    assert office.deliver() == "done"
    texts = [json.loads(line).get("text") for line in office.collector.lines.values()]
    assert f"import os\n{'*' * len(WORD)}\n" in texts
    assert WORD.encode() not in office.stored


def test_what_is_held_back_hides_no_order_to_forget(office: Office) -> None:
    office.desk.open(TEXT)
    office.desk.change((1, 0, 1, 0, "x"))
    office.desk.passes(600)
    for column, key in enumerate(WORD, 1):
        office.desk.change((1, column, 1, column, key))
    office.deliver()
    assert WORD in office.typed
    office.restart_sender(Pace(hold_s=1000, hold_max_s=1000))
    office.deliver(1)
    office.forget(5)
    office.desk.tick()
    office.desk.change((1, 0, 1, 0, "y"))
    office.deliver(3)
    assert [what for what, _ in office.collector.recalls] == ["forget"]
    assert WORD not in office.typed


def test_what_left_behind_the_forgotten_lines_leaves_anew_without_its_secrets(office: Office) -> None:
    secret = KINDS["aws_access_key_id"](Random(1))
    work(office, is_sent=True)
    until = office.wall_ms
    office.desk.passes(1)
    office.desk.open(f"key = '{secret}'\n", name="keys.py")
    office.deliver()
    office.recorder_dies()
    control.give(office.files.control, control.FORGET, since=until - 300_000, until=until)
    assert office.deliver() == "done"
    assert secret.encode() not in office.sent
    assert WORD.encode() not in office.stored


def test_a_collector_that_refuses_to_forget_is_asked_with_growing_pauses(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(office, is_sent=True)
    asked: list[str] = []

    def refuse(_collector: Collector, _session: str, what: str, _body: object) -> Answer:
        asked.append(what)
        return Answer(422, {"code": "request", "detail": "no"})

    monkeypatch.setattr(Collector, "recall", refuse)
    office.forget(5)
    office.desk.tick()
    assert office.deliver(60) == "parked"
    assert 2 <= len(asked) <= 12


def test_a_session_of_which_no_more_can_be_taken_back_ends_and_waits_until_it_can(office: Office) -> None:
    work(office, is_sent=True)
    office.forget(5)
    office.desk.tick()
    office.collector.failures = [Failure(413, {"code": "limit", "detail": "it has 100000 spans"})] * 3
    office.deliver(1)
    assert office.delivery.state.state == "offline"
    assert office.delivery.state.detail == (
        "the collector takes nothing back of this session any more: it has 100000 spans; "
        "have that limit raised, or erase the session there"
    )
    office.desk.tick()
    office.desk.open("", name="other.py")
    assert len(office.desk.sessions) == 2
    assert office.deliver(60) == "done"
    assert WORD not in office.typed


def test_a_large_file_that_is_forgotten_line_by_line_keeps_no_sender_busy(office: Office) -> None:
    office.desk.open(f"# {WORD}\n" * 20_000)
    office.desk.passes(1)
    office.forget(5)
    office.desk.tick()
    office.desk.recording.end("shutdown")
    assert office.deliver() == "done"
    assert list(office.collector.blobs.values()) == [f"{'*' * (len(WORD) + 2)}\n".encode() * 20_000]


def test_an_order_given_as_the_last_lines_are_sent_is_carried_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(office, is_sent=True)
    take = office.collector.take

    def take_and_order(frame: bytes) -> Failure | None:
        office.forget(5)
        return take(frame)

    monkeypatch.setattr(office.collector, "take", take_and_order)
    office.desk.recording.end("shutdown")
    assert office.deliver(100) == "done"
    assert WORD.encode() not in office.stored


def test_only_the_named_folder_is_asked(office: Office, tmp_path: Path) -> None:
    remember(office.desk.home, DeliveredSession(office.files.session, "other", 2e9, "http://127.0.0.1", None))
    done = ask.forget(office.desk.home, tmp_path / "elsewhere", 0, 1)
    assert done == ask.Forgotten([], 0)
    assert [it.workspace for it in delivered_since(office.desk.home, 0)] == ["other"]


def test_forgotten_words_are_known_again_and_nobody_can_read_them(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    ForgottenWords(home).add(["confidential", "wörter"])
    words = ForgottenWords(home)
    words.refresh()
    text = "a confidential, unconfidentially: wörter, confiden"
    assert [text[it.start : it.end] for it in words.find(text)] == ["confidential", "confidential", "wörter"]
    assert b"confid" not in home.forgotten.read_bytes()


def test_a_torn_row_of_forgotten_words_stops_nothing(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    ForgottenWords(home).add(["confidential"])
    whole = home.forgotten.read_bytes()
    home.forgotten.write_bytes(whole[:-9])
    words = ForgottenWords(home)
    words.refresh()
    assert words.find("confidential") == []
    ForgottenWords(home).add(["confidential"])
    words.refresh()
    assert len(words.find("confidential")) == 1


@pytest.mark.parametrize(("words", "seconds"), [("90s", 90), ("10m", 600), (" 2 h", 7200), ("1d", 86400)])
def test_spans_of_time_are_written_as_people_do(words: str, seconds: int) -> None:
    assert seconds_of(words) == seconds


@pytest.mark.parametrize("words", ["", "10", "m", "0m", "-5m", "1.5h", "10 minutes"])
def test_what_is_no_span_of_time_is_said(words: str) -> None:
    with pytest.raises(UserError, match="write 90s, 10m, 2h or 1d"):
        seconds_of(words)
