"""Neovim's own LSP client with `docs/editors/neovim.lua`, against a live collector."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_endpoint import model_endpoint, says
from tests.support.neovim import Neovim
from tests.support.processes import PAIRLOG, Collector, wait_for

pytestmark = pytest.mark.e2e

FILES = {
    "cart.py": b"def total(prices):\n    return sum(prices)\n",
    "notes/list.txt": b"one\r\ntwo\r\nthree\r\n",
    "emoji.md": "# \U0001f600 a\u0308 \u6f22\u5b57\n\U0001f680\U0001f680 end\n".encode(),
}


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    for path, content in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    author = ["-c", "user.name=Pairlog", "-c", "user.email=pairlog@example.invalid"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "A cart"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    return folder


@pytest.fixture
def start(
    tmp_path: Path, workspace: Path, home: Path, collector: Collector
) -> Iterator[Callable[..., Neovim]]:
    """Starts Neovim in the workspace; `choices` go into the recorder's options."""
    started: list[Neovim] = []

    def neovim(settings: dict[str, Any] | None = None, **choices: Any) -> Neovim:
        options = {
            "collectorUrl": collector.address,
            "token": collector.token("mine"),
            "home": str(home),
            **choices,
        }
        env = {"HOME": str(tmp_path), "PAIRLOG_HOME": str(home), "SHELL": "/bin/bash"}
        started.append(Neovim(workspace, options, [*PAIRLOG, "lsp"], env, **(settings or {})))
        return started[-1]

    yield neovim
    for each in started:
        each.close()


def texts(events: list[dict[str, Any]]) -> list[str]:
    """What each edit brought."""
    return ["".join(change[4] for change in event["changes"]) for event in events if event["type"] == "edit"]


def check_whole(collector: Collector, session: str, saves: int) -> list[dict[str, Any]]:
    """The events of a session that verifies, without a hole or a gap."""
    assert collector.verify(session) == {
        "session": session,
        "saves": saves,
        "verified": True,
        "first_bad_seq": None,
    }
    events = collector.events(session)
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert [event for event in events if event["type"] == "gap"] == []
    return events


def spooled(home: Path, part: bytes, count: int = 1) -> None:
    """Wait until the recorder has written this so many times."""
    (spool,) = (home / "spool").glob("*.ndjson")
    wait_for(f"{part!r} in the spool", lambda: spool.read_bytes().count(part) >= count or None)


def runs(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each run as it began, with what its other lines told beside it."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        if event["type"] == "run":
            assert event["evidence"] == "reported"
            told = {
                key: value for key, value in event.items() if key not in ("seq", "t", "type", "phase", "id")
            }
            if event["phase"] == "started":
                assert event["id"] not in found
                found[event["id"]] = {"seq": event["seq"], **told}
            else:
                found[event["id"]].update(told)
    return list(found.values())


def test_keys_undo_and_save_arrive_as_they_happened(
    start: Callable[..., Neovim], workspace: Path, collector: Collector, home: Path
) -> None:
    neovim = start(consent="content")
    neovim.open("cart.py")
    neovim.wait_state("recording")
    neovim.api.command("doautocmd <nomodeline> FocusGained")
    neovim.type("jo")
    neovim.insert("\n    return 0")
    neovim.type("<Esc>u<C-r>u")
    neovim.type("o")
    neovim.insert("# ok")
    spooled(home, b'"select"')
    neovim.save()
    neovim.quit()

    (row,) = collector.ended()
    assert (row["consent"], row["use"], row["editor"]) == ("content", "private", "Neovim 0.7.2")
    events = check_whole(collector, row["session"], saves=1)
    assert events[-1]["type"] == "end" and events[-1]["reason"] == "shutdown"
    edits = [event for event in events if event["type"] == "edit"]
    # One undo of Neovim can be several changes; each says why it happened.
    told = [edit["cause"] for edit in edits if edit.get("evidence") == "reported"]
    assert [cause for n, cause in enumerate(told) if told[n - 1 : n] != [cause]] == ["undo", "redo", "undo"]
    assert texts(edits)[-4:] == ["#", " ", "o", "k"]
    assert {"focus", "select"} <= {event["type"] for event in events}

    on_disk = (workspace / "cart.py").read_bytes()
    assert on_disk == b"def total(prices):\n    return sum(prices)\n# ok\n"
    assert collector.replay(row["session"], "cart.py") == on_disk


def test_the_causes_that_neovim_knows_are_reported(
    start: Callable[..., Neovim], workspace: Path, collector: Collector
) -> None:
    neovim = start(consent="content")
    neovim.open("cart.py")
    neovim.type("yypj")
    neovim.type("dd")
    neovim.type(":undo<CR>")
    neovim.type(":redo<CR>")
    neovim.type(":earlier 1<CR>")
    neovim.type(":put!<CR>")
    neovim.type("x")
    neovim.save()
    neovim.quit()

    (row,) = collector.ended()
    events = check_whole(collector, row["session"], saves=1)
    told = [event.get("cause") for event in events if event["type"] == "edit"]
    steps = [cause for n, cause in enumerate(told) if told[n - 1 : n] != [cause]]
    assert steps == ["paste", None, "undo", "redo", "undo", "paste", None]


def test_a_key_that_somebody_mapped_is_left_alone(
    start: Callable[..., Neovim], workspace: Path, collector: Collector
) -> None:
    neovim = start(consent="content")
    assert neovim.api.funcs.maparg("u", "n") != ""
    neovim.api.command("nnoremap u :silent undo<CR>")
    neovim.api.exec_lua('require("pairlog").setup({})')
    assert neovim.api.funcs.maparg("u", "n") == ":silent undo<CR>"


def test_files_of_every_kind_replay_byte_for_byte(
    start: Callable[..., Neovim], workspace: Path, collector: Collector
) -> None:
    neovim = start(consent="content")
    neovim.open("notes/list.txt")
    neovim.type("A")
    neovim.insert(" \u2026\u00bd\nnew")
    neovim.type("<Esc>")
    neovim.press("gg")
    neovim.type("ddp")
    neovim.type(":%s/e/EE/g<CR>")
    neovim.save()

    neovim.open("emoji.md")
    neovim.press("0l")
    neovim.type("x")
    neovim.type("jA")
    neovim.insert("\U0001f469\u200d\U0001f680!")
    neovim.type("<BS><Esc>")
    neovim.press("f\U0001f680", until=lambda: neovim.mode() == "n")
    neovim.paste("pasted \U0001f600\nlines\n")
    neovim.type("kJ")
    neovim.save()

    neovim.open("new.py")
    neovim.type("i")
    neovim.insert("if True:\n    print('<Tab> \\t')\n\nx = [1,\n     2]")
    neovim.save()

    # Back to the first one, and a block of columns at once.
    neovim.type(":buffer list.txt<CR>")
    neovim.press("gg")
    neovim.type("<C-v>jj")
    neovim.type("I")
    neovim.insert("- ")
    neovim.type("<Esc>")
    neovim.save()
    neovim.quit()

    (row,) = collector.ended()
    events = check_whole(collector, row["session"], saves=4)
    assert "paste" in {event.get("cause") for event in events}
    for path in ("notes/list.txt", "emoji.md", "new.py"):
        assert collector.replay(row["session"], path) == (workspace / path).read_bytes(), path
    assert (workspace / "notes/list.txt").read_bytes() == (
        "- nEEw\r\n- onEE \u2026\u00bd\r\n- two\r\nthrEEEE\r\n".encode()
    )


def test_what_neovim_tells_wrongly_or_not_at_all_is_set_right(
    start: Callable[..., Neovim], workspace: Path, collector: Collector
) -> None:
    (workspace / "bare.txt").write_bytes(b"no\nline end\nhere")
    neovim = start(consent="content")

    # Its difference is one line end short where a text becomes empty, or has none behind its last line.
    neovim.open("cart.py")
    neovim.type("dGu")
    neovim.type("dG")
    neovim.type("i")
    neovim.insert("new = 1")
    neovim.save()
    neovim.open("bare.txt")
    neovim.type(":set nofixendofline<CR>")
    neovim.type("jdGuGo")
    neovim.insert("and here")
    neovim.save()

    # Other line ends, a text read again, and another name.
    neovim.open("emoji.md")
    neovim.type(":set fileformat=dos<CR>")
    neovim.save()
    (workspace / "emoji.md").write_text("from elsewhere\n")
    neovim.type(":edit!<CR>")
    neovim.type("x")
    neovim.save()
    neovim.type(":saveas other.md<CR>")
    neovim.type("x")
    neovim.save()
    neovim.quit()

    (row,) = collector.ended()
    check_whole(collector, row["session"], saves=6)
    for path in ("cart.py", "bare.txt", "emoji.md", "other.md"):
        assert collector.replay(row["session"], path) == (workspace / path).read_bytes(), path


def test_make_and_terminals_are_runs_that_know_what_they_saw(
    start: Callable[..., Neovim], workspace: Path, collector: Collector, home: Path
) -> None:
    (workspace / "check.sh").write_text('printf "cart.py:2: %s\\377\\n" "$1"; exit "$2"\n')
    neovim = start(consent="content")
    # Before there is a client, and outside its folder, nothing happens.
    neovim.type(":terminal true<CR>")
    neovim.open("cart.py")
    neovim.wait_state("recording")
    neovim.type(":cd /<CR>")
    neovim.type(":make! elsewhere<CR>")
    neovim.type(":cd -<CR>")

    neovim.api.options["makeprg"] = "sh check.sh"
    neovim.type("O")
    neovim.insert("# first")
    neovim.save()
    neovim.type(":make! wrong 3<CR>")
    # What is not saved yet is, with 'autowrite', before the run sees it.
    neovim.type("O<Esc>")
    neovim.type(":set autowrite<CR>")
    neovim.type(":silent make! right 0<CR>")
    assert (neovim.api.options["shellpipe"], neovim.api.options["makeef"]) == ("2>&1| tee", "")
    neovim.api.command("lmake! listed 1")
    # Neovim 0.7 drops what a program prints right before its end: this one takes its time.
    neovim.type(":terminal seq 5000; sleep 1; exit 7<CR>")
    spooled(home, b'"ended"', 4)
    # Closed by its buffer, a program has no exit code.
    neovim.type(":terminal sleep 60<CR>")
    neovim.api.command("bdelete!")
    spooled(home, b'"ended"', 5)
    neovim.type(":buffer cart.py<CR>")
    neovim.quit()

    (row,) = collector.ended()
    events = check_whole(collector, row["session"], saves=2)
    first, second = [event["seq"] for event in events if event["type"] == "save"]
    seen = runs(events)
    assert all(run.pop("duration_ms") >= 0 for run in seen)
    assert [run.pop("seq") > run["saw"]["1"] for run in seen] == [True] * 5
    lines = seen[3].pop("output").splitlines()
    assert len(lines) <= 1000 and lines == [str(n) for n in range(5001 - len(lines), 5001)]
    told = [
        (run["kind"], run["command"], run.get("exit_code"), run.get("output"), run["saw"]) for run in seen
    ]
    assert told == [
        ("task", "sh check.sh wrong 3", 3, "cart.py:2: wrong?\n", {"1": first}),
        ("task", "sh check.sh right 0", 0, "cart.py:2: right?\n", {"1": second}),
        ("task", "sh check.sh listed 1", 1, "cart.py:2: listed?\n", {"1": second}),
        ("terminal", "seq 5000; sleep 1; exit 7", 7, None, {"1": second}),
        ("terminal", "sleep 60", None, None, {"1": second}),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-32"])
def test_columns_are_counted_in_the_unit_that_neovim_was_told_to_offer(
    encoding: str, start: Callable[..., Neovim], workspace: Path, collector: Collector
) -> None:
    neovim = start({"encodings": [encoding, "utf-16"]}, consent="content")
    neovim.open("emoji.md")
    neovim.type("A")
    neovim.insert(" \U0001f469\u200d\U0001f680!")
    neovim.type("<BS><Esc>")
    neovim.type("hx")
    neovim.type("j0xp")
    neovim.type("A")
    neovim.insert(" e\u0301 \u6f22")
    neovim.type("<Esc>kJu")
    neovim.save()
    neovim.quit()

    (row,) = collector.ended()
    events = check_whole(collector, row["session"], saves=1)
    assert events[0]["position_encoding"] == encoding
    assert collector.replay(row["session"], "emoji.md") == (workspace / "emoji.md").read_bytes()


def test_a_killed_editor_leaves_a_session_that_is_closed_and_whole(
    start: Callable[..., Neovim], collector: Collector, home: Path
) -> None:
    neovim = start(consent="content")
    neovim.open("cart.py")
    neovim.wait_state("recording")
    neovim.type("O")
    neovim.insert("lost?")
    spooled(home, b'"?"')
    neovim.kill()

    (row,) = collector.ended()
    events = collector.events(row["session"])
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert events[-1]["type"] == "end" and events[-1]["reason"] == "interrupted"
    assert "".join(texts(events)).strip() == "lost?"
    replayed = collector.replay(row["session"], "cart.py")
    assert replayed == b"lost?\n" + FILES["cart.py"]


def test_without_consent_nothing_is_recorded(
    start: Callable[..., Neovim], collector: Collector, home: Path
) -> None:
    neovim = start()
    neovim.open("cart.py")
    neovim.wait_state("off")
    neovim.type("O")
    neovim.insert("secret")
    neovim.save()
    neovim.quit()

    assert collector.sessions() == []
    spool = home / "spool"
    assert not spool.exists() or list(spool.iterdir()) == []


_SUGGESTION = """
local bufnr, client = 0, vim.lsp.get_client_by_id(vim.b.pairlog)
local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
params.context = { triggerKind = 1 }
local answer = client.request_sync("textDocument/inlineCompletion", params, 10000, bufnr)
return answer.result.items[1]
"""
_TAKE = """
local item = ...
vim.api.nvim_put({ item.insertText }, "c", true, true)
"""
_SAY = """
local command = ...
vim.lsp.get_client_by_id(vim.b.pairlog).request_sync("workspace/executeCommand", command, 10000, 0)
"""


def test_a_suggestion_is_asked_for_by_hand_and_what_becomes_of_it_is_recorded(
    start: Callable[..., Neovim], collector: Collector
) -> None:
    with model_endpoint(says("sum(", "prices)")) as endpoint:
        neovim = start(
            consent="content",
            completion={"url": endpoint.address, "model": "starcoder", "debounce_ms": 0},
        )
        neovim.open("cart.py")
        neovim.wait_state("recording")
        neovim.type("Go")
        neovim.insert("x = ")
        item = neovim.api.exec_lua(_SUGGESTION)
        assert item["insertText"] == "sum(prices)"
        neovim.api.exec_lua(_TAKE, item)
        neovim.api.exec_lua(_SAY, {key: item["command"][key] for key in ("command", "arguments")})
        neovim.type("<CR>")
        neovim.insert("y = ")
        neovim.api.exec_lua(_SUGGESTION)
        neovim.insert("sum(prices)")
        neovim.type("<Esc>")
        neovim.save()
        neovim.quit()

    (row,) = collector.ended()
    events = check_whole(collector, row["session"], saves=1)
    told = [(it["phase"], it.get("text"), it["evidence"]) for it in events if it["type"] == "completion"]
    assert told == [
        ("requested", None, "reported"),
        ("shown", "sum(prices)", "inferred"),
        ("accepted", "sum(prices)", "reported"),
        ("requested", None, "reported"),
        ("shown", "sum(prices)", "inferred"),
        ("typed_through", "sum(prices)", "inferred"),
    ]
    taken = [(texts([it])[0], it["cause"]) for it in events if it["type"] == "edit" and "ref" in it]
    assert taken == [("sum(prices)", "completion")]
