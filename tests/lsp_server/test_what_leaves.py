"""What leaves a home: the bodies that reach a collector, where secrets were typed, pasted and printed."""

from __future__ import annotations

import gzip
import json
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

import pytest

from lsp_server.sending.pace import Pace
from pairlog.blobs import File, read_manifest, write_manifest
from pairlog.events import Completion, Run, Vcs, Workspace
from pairlog.events import Test as OneTest
from pairlog.home import open_home
from pairlog.replay import verify
from tests.lsp_server.dispatch import Bench
from tests.lsp_server.failing_collector import FailingCollector, Failure
from tests.lsp_server.recording import Recorded
from tests.support.secrets import KINDS, pem

#: Half of it is no secret to anybody.
SECRET = KINDS["aws_access_key_id"](Random(1))
BEFORE = "import os\nshow('')\nprint(1)\n"
#: Between the quotes of the second line.
AT = (1, 6)


class Typist:
    """Somebody at an editor, their recorder, and the delivery of what it wrote."""

    def __init__(self, home: Path, collector: FailingCollector, pace: Pace | None = None) -> None:
        self.collector = collector
        self.recorded = Recorded(consent="workspace", keep=self.keep)
        self.bench = Bench(open_home(home), collector.address)
        if pace is not None:
            self.bench.pace = pace
            self.bench.restart()
        self._spooled = 0
        self._version = 1

    def keep(self, data: bytes) -> str:
        digest = sha256(data).hexdigest()
        (self.bench.home.blobs / digest).write_bytes(data)
        return digest

    def open(self, text: str) -> None:
        self.recorded.open(text)
        self.spool()

    def change(self, *changes: Any) -> None:
        self._version += 1
        self.recorded.change(self._version, *changes)
        self.spool()

    def type(self, text: str, line: int, column: int) -> None:
        for offset, key in enumerate(text):
            self.change((line, column + offset, line, column + offset, key))

    def save(self) -> None:
        text = next(iter(self.recorded.documents)).document.text
        self.recorded.save(text)
        self.spool()

    def event(self, cls: Any, **fields: Any) -> None:
        self.recorded.event(cls, **fields)
        self.spool()

    def spool(self) -> None:
        self.recorded.flush()
        fresh = self.recorded.disk.lines[self._spooled :]
        self._spooled += len(fresh)
        self.bench.spool(*(line.rstrip(b"\n") for line in fresh))

    def finish(self) -> str:
        self.recorded.end("shutdown")
        self.spool()
        return self.bench.run(100)

    @property
    def bodies(self) -> bytes:
        """Every byte that has reached the collector, unpacked."""
        frames = b"".join(gzip.decompress(frame) for frame in self.collector.frames)
        recalls = json.dumps(self.collector.recalls).encode()
        return frames + recalls + b"".join(self.collector.blobs.values())

    @property
    def verdict(self) -> tuple[int, bool | None]:
        found = verify(self.collector.lines.values(), self.collector.blobs.__getitem__)
        return found.saves, found.verified


@pytest.fixture
def typist(tmp_path: Path, collector: FailingCollector) -> Typist:
    return Typist(tmp_path / "home", collector)


def text_at(collector: FailingCollector, pointer: str, seq: int) -> Any:
    value: Any = json.loads(collector.lines[seq])
    for part in pointer.split("/")[1:]:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def test_a_pasted_secret_leaves_as_stars_and_its_save_verifies(typist: Typist) -> None:
    typist.open(BEFORE)
    typist.change((*AT, *AT, SECRET))
    typist.save()
    assert typist.finish() == "done"
    assert SECRET.encode() not in typist.bodies
    assert text_at(typist.collector, "/changes/0/4", 2) == "*" * len(SECRET)
    assert text_at(typist.collector, "/sha256_of", 3) == "masked"
    assert (typist.verdict, typist.collector.recalls) == ((1, True), [])


@pytest.mark.parametrize("change", [(0, 0, 0, 0), (0, 0, -1, 0)])
def test_a_secret_far_behind_the_begin_of_a_long_line_leaves_as_stars(change: Any, typist: Typist) -> None:
    typist.open("\n" if change[2] == 0 else "")
    typist.change((*change, f'{"[1], " * 2000}"{SECRET}"{", [1]" * 2000}'))
    typist.save()
    assert typist.finish() == "done"
    assert SECRET.encode() not in typist.bodies
    assert typist.verdict == (1, True)


def test_a_secret_in_a_file_that_is_opened_leaves_as_stars(typist: Typist) -> None:
    typist.open(BEFORE.replace("''", f"'{SECRET}'"))
    typist.save()
    assert typist.finish() == "done"
    assert text_at(typist.collector, "/text", 1) == BEFORE.replace("''", f"'{'*' * len(SECRET)}'")
    assert typist.verdict == (1, True)


def test_a_secret_typed_before_any_of_it_left_is_masked_key_by_key(
    tmp_path: Path, collector: FailingCollector
) -> None:
    typist = Typist(tmp_path / "home", collector, Pace())
    typist.open(BEFORE)
    typist.type(SECRET, *AT)
    typist.save()
    assert typist.finish() == "done"
    keys = [text_at(collector, "/changes/0/4", seq) for seq in range(2, 2 + len(SECRET))]
    assert keys == ["*"] * len(SECRET)
    assert (typist.verdict, collector.recalls) == ((1, True), [])


def test_the_half_of_a_secret_that_left_before_the_other_was_typed_is_taken_back(typist: Typist) -> None:
    half = 15
    typist.open(BEFORE)
    typist.type(SECRET[:half], *AT)
    typist.save()
    typist.bench.run(1)
    assert typist.verdict == (1, True)
    typist.type(SECRET[half:], AT[0], AT[1] + half)
    typist.bench.run(1)
    keys = [seq for seq in range(2, 3 + len(SECRET)) if seq != 2 + half]
    assert [text_at(typist.collector, "/changes/0/4", seq) for seq in keys] == ["*"] * len(SECRET)
    ((what, body),) = typist.collector.recalls
    assert (what, body["spans"]) == ("redactions", [[seq, "/changes/0/4", 0, 1] for seq in keys[:half]])
    assert typist.bench.delivery.state.recalled == half
    typist.save()
    assert (typist.finish(), typist.verdict) == ("done", (2, True))


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_save_that_leaves_with_the_end_of_a_secret_fits_the_text_as_it_is_masked(
    typist: Typist, is_restarted: bool
) -> None:
    half = len(SECRET) // 2
    typist.open(BEFORE)
    typist.type(SECRET[:half], *AT)
    typist.bench.run(1)
    typist.type(SECRET[half:], AT[0], AT[1] + half)
    typist.save()
    if is_restarted:
        typist.bench.restart()
    assert (typist.finish(), typist.verdict) == ("done", (1, True))
    assert text_at(typist.collector, "/sha256_of", 2 + len(SECRET)) == "masked"


@pytest.mark.parametrize("failure", [Failure(500), Failure(503), Failure(401)])
def test_what_is_to_be_taken_back_goes_before_everything_else_until_it_is(
    typist: Typist, failure: Failure
) -> None:
    half = 15
    typist.open(BEFORE)
    typist.change((*AT, *AT, SECRET[:half]))
    typist.bench.run(1)
    frames = len(typist.collector.frames)
    typist.collector.failures = [failure] * 3
    typist.change((AT[0], AT[1] + half, AT[0], AT[1] + half, SECRET[half:]))
    typist.bench.run(1)
    typist.bench.restart()
    assert len(typist.collector.frames) == frames
    typist.bench.run(300)
    assert text_at(typist.collector, "/changes/0/4", 2) == "*" * half
    assert typist.finish() == "done"


def test_a_sender_that_dies_before_it_took_anything_back_is_followed_by_one_that_does(
    typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = 15
    typist.open(BEFORE)
    typist.change((*AT, *AT, SECRET[:half]))
    typist.bench.run(1)
    typist.change((AT[0], AT[1] + half, AT[0], AT[1] + half, SECRET[half:]))
    with monkeypatch.context() as dying:
        dying.setattr("lsp_server.sending.delivery.Delivery._take_back", lambda _self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            typist.bench.run(1)
    typist.bench.restart()
    typist.bench.run(5)
    masked = [text_at(typist.collector, "/changes/0/4", seq) for seq in (2, 3)]
    assert masked == ["*" * half, "*" * (len(SECRET) - half)]
    assert typist.finish() == "done"


def test_a_large_file_with_a_secret_is_uploaded_without_it(typist: Typist) -> None:
    text = BEFORE.replace("''", f"'{SECRET}'") + "# filler\n" * 20_000
    typist.open(text)
    typist.save()
    assert typist.finish() == "done"
    (content,) = typist.collector.blobs.values()
    assert content.decode() == text.replace(SECRET, "*" * len(SECRET))
    assert typist.verdict == (1, True)


def test_a_large_file_whose_text_turns_out_to_be_half_a_secret_is_exchanged(typist: Typist) -> None:
    half = 15
    text = BEFORE.replace("''", f"'{SECRET[:half]}'") + "# filler\n" * 20_000
    typist.open(text)
    typist.bench.run(1)
    (old,) = typist.collector.blobs
    typist.change((AT[0], AT[1] + half, AT[0], AT[1] + half, SECRET[half:]))
    typist.bench.run(1)
    ((_, body),) = typist.collector.recalls
    (new,) = set(typist.collector.blobs) - {old}
    assert body["blobs"] == [[old, new]]
    assert typist.collector.blobs[new].decode() == text.replace(SECRET[:half], "*" * half)
    assert typist.finish() == "done"


def test_tracked_files_are_uploaded_without_their_secrets(typist: Typist) -> None:
    keep = typist.keep
    files = [
        File("config.py", "100644", keep(f"token = '{SECRET}'\n".encode())),
        File("logo.png", "100644", keep(b"\x89PNG\xff\xfe")),
    ]
    typist.event(Workspace, manifest=keep(write_manifest(files)), files=2)
    assert typist.finish() == "done"
    manifest = typist.collector.blobs[text_at(typist.collector, "/manifest", 1)]
    contents = {file.path: typist.collector.blobs[file.blob] for file in read_manifest(manifest)}
    assert contents == {
        "config.py": b"token = '%s'\n" % (b"*" * len(SECRET)),
        "logo.png": b"\x89PNG\xff\xfe",
    }
    assert SECRET.encode() not in typist.bodies


@pytest.mark.parametrize(
    ("cls", "fields", "pointer"),
    [
        (Completion, {"id": "c", "phase": "shown", "text": f"t = '{SECRET}'"}, "/text"),
        (
            Run,
            {"id": "r", "phase": "started", "command": f"curl -H 'Authorization: Bearer {SECRET}'"},
            "/command",
        ),
        (Run, {"id": "r", "phase": "output", "output": f"logged in with {SECRET}\n"}, "/output"),
        (
            OneTest,
            {"run": "r", "test": "t", "outcome": "failed", "message": f"assert {SECRET!r} == ''"},
            "/message",
        ),
        (Vcs, {"action": "commit", "message": f"rotate {SECRET}"}, "/message"),
        (Vcs, {"action": "branch", "branch": f"fix/{SECRET}"}, "/branch"),
        (Vcs, {"action": "commit", "paths": ["a.py", f"{SECRET}.txt"]}, "/paths/1"),
    ],
)
def test_every_word_passes_through(cls: Any, fields: dict[str, Any], pointer: str, typist: Typist) -> None:
    typist.event(cls, **fields)
    assert typist.finish() == "done"
    assert SECRET.encode() not in typist.bodies
    assert "*" * len(SECRET) in text_at(typist.collector, pointer, 1)


def test_a_secret_that_a_program_prints_in_two_pieces_is_masked_in_both(typist: Typist) -> None:
    half = 15
    for output in (f"token: {SECRET[:half]}", f"{SECRET[half:]}\n"):
        typist.event(Run, id="r", phase="output", output=output)
        typist.bench.run(1)
    assert typist.finish() == "done"
    masked = [text_at(typist.collector, "/output", seq) for seq in (1, 2)]
    assert masked == ["token: " + "*" * half, "*" * (len(SECRET) - half) + "\n"]


def test_the_rest_of_a_secret_that_a_model_made_up_is_masked_in_its_completion(typist: Typist) -> None:
    half = 15
    typist.open(BEFORE.replace("''", f"'{SECRET[:half]}'"))
    at = (AT[0], AT[1] + half)
    typist.event(Completion, id="c", phase="shown", doc=1, position=at, text=SECRET[half:])
    assert typist.finish() == "done"
    assert text_at(typist.collector, "/text", 2) == "*" * (len(SECRET) - half)


def test_a_password_that_was_seen_is_masked_where_nothing_says_that_it_is_one(typist: Typist) -> None:
    password = "Tr0ub4dor&3x"
    typist.open(BEFORE)
    typist.change((*AT, *AT, password))
    typist.change((1, 0, 1, 5, "password="))
    typist.event(Run, id="r", phase="output", output=f"hello {password}\n")
    assert typist.finish() == "done"
    assert password.encode() not in typist.bodies


def test_a_private_key_typed_line_by_line_is_masked_before_its_end_is_there(typist: Typist) -> None:
    key = pem(Random(3))
    body = [line for line in key.splitlines() if line and "-----" not in line]
    typist.open("\n")
    for number, line in enumerate(key.splitlines()[:-1]):
        typist.type(line + "\n", number, 0)
        typist.bench.run(1)
    typist.save()
    assert typist.finish() == "done"
    for line in body:
        assert line.encode() not in typist.bodies
    keys = [json.loads(line) for line in typist.collector.lines.values()]
    typed = "".join(event["changes"][0][4] for event in keys if event["type"] == "edit")
    assert [line for line in typed.splitlines() if "-----" not in line] == ["*" * len(it) for it in body]
    assert typist.verdict == (1, True)


def test_a_line_in_which_a_fields_name_is_a_secret_stays_here_and_is_counted(typist: Typist) -> None:
    typist.event(Run, id="r", phase="started", saw={SECRET: 1})
    assert typist.finish() == "done"
    assert SECRET.encode() not in typist.bodies
    assert text_at(typist.collector, "/detail", 1) == (
        "a run that may not leave: a field whose name holds a secret"
    )


def test_an_id_that_chance_made_stays_what_ties_lines_together(typist: Typist) -> None:
    ident = "call_u7Fh3kQz81LmNpRs45TvWxYa"
    typist.event(Completion, id=ident, phase="shown", text="x = 1")
    assert typist.finish() == "done"
    assert text_at(typist.collector, "/id", 1) == ident
