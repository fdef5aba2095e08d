"""From a recorder that asks two models over HTTP to the rows of preferences, by real processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.lsp_server.client import Client, frame
from tests.support.model_endpoint import model_endpoint, says
from tests.support.processes import Collector, end_leftovers, pairlog, wait_for
from tests.support.sessions import jsonl

TEXTS = {"mellum": "total(items)", "starcoder": "total(prices)"}


class Editor:
    """Somebody at one document whose suggestions come from two models."""

    def __init__(self, folder: Path, endpoint: str, collector: Collector) -> None:
        (folder / "shop").mkdir()
        self.client = Client()
        self.client.initialize(
            folder / "shop",
            home=str(folder / "home"),
            consent="content",
            use="research",
            collectorUrl=collector.address,
            token=collector.token("mine"),
            completion={"url": endpoint, "models": list(TEXTS), "debounce_ms": 0, "timeout_ms": 20_000},
        )
        self.text = ["x = \n" for _ in range(4)]
        self.uri = self.client.open(folder / "shop" / "cart.py", "".join(self.text))
        self._version = 1

    def sees(self, line: int) -> str:
        """The text that is offered behind `x = `."""
        params = {
            "textDocument": {"uri": self.uri},
            "position": {"line": line, "character": 4},
            "context": {"triggerKind": 1},
        }
        name = 1000 + line
        request = {"id": name, "method": "textDocument/inlineCompletion", "params": params}
        self.client.write(frame({"jsonrpc": "2.0", **request}))
        answer = self.client.wait(lambda it: it.get("id") == name and "method" not in it)
        (item,) = answer["result"]["items"]
        self.item: dict[str, Any] = item
        return str(item["insertText"])

    def put(self, line: int, text: str) -> None:
        column = len(self.text[line]) - 1
        self._version += 1
        self.client.change(self.uri, self._version, (line, column, line, column, text))
        self.text[line] = f"{self.text[line][:-1]}{text}\n"

    def type(self, line: int, text: str) -> None:
        for key in text:
            self.put(line, key)

    def accept(self, line: int) -> None:
        self.put(line, self.item["insertText"])
        command = self.item["command"]
        asked = {"command": command["command"], "arguments": command["arguments"]}
        self.client.request("workspace/executeCommand", asked)

    def leave(self) -> None:
        self.client.save(self.uri, "".join(self.text))
        assert self.client.shutdown() == 0


def test_what_two_models_say_and_a_person_does_becomes_preferences(tmp_path: Path) -> None:
    collector = Collector(tmp_path / "collector")
    try:
        with model_endpoint(says("")) as endpoint:
            endpoint.answers = {model: says(text) for model, text in TEXTS.items()}
            editor = Editor(tmp_path, endpoint.address, collector)
            shown = []
            for line, act in enumerate((editor.accept, _types_the_other(editor), _types_something(editor))):
                shown.append(editor.sees(line))
                _rival_is_told(tmp_path / "home", line + 1)
                act(line)
            editor.leave()
        (row,) = collector.ended()
        out = tmp_path / "t"
        store = ("--data", str(collector.data))
        told = json.loads(
            pairlog("trajectories", "--out", str(out), "--json", *store, home=tmp_path / "home")
        )
    finally:
        collector.stop()
        assert end_leftovers(tmp_path / "home") == []
    rows = jsonl(out / "preferences.jsonl")
    model_of = {text: model for model, text in TEXTS.items()}
    assert [(it["shown"]["text"], it["preferred"], it["rule"], it["evidence"]) for it in rows] == [
        (shown[0], "shown", "taken", "reported"),
        (shown[1], "rival", "rival_written", "inferred"),
        (shown[2], None, "turned_down", "inferred"),
    ]
    assert [(it["shown"]["model"], it["rival"]["text"]) for it in rows] == [
        (model_of[it], next(text for text in model_of if text != it)) for it in shown
    ]
    assert {(it["origin"], it["contributor"], it["use"], it["path"]) for it in rows} == {
        (row["session"], "mine", "research", "cart.py")
    }
    assert [pair["comparisons"] for pair in told["preferences"]["pairs"]] == [3]


def _types_the_other(editor: Editor) -> Any:
    def act(line: int) -> None:
        offered = editor.item["insertText"]
        editor.type(line, next(text for text in TEXTS.values() if text != offered))

    return act


def _types_something(editor: Editor) -> Any:
    return lambda line: editor.type(line, "nothing of all that, in more than twenty letters")


def _rival_is_told(home: Path, count: int) -> None:
    """Wait until the text that was not shown is in the spool as well."""
    (spool,) = (home / "spool").glob("*.ndjson")
    wait_for("the rival's text", lambda: spool.read_bytes().count(b'"evidence":"observed"') >= count or None)
