"""The language server as a process, and a real HTTP server in the place of a model, well behaved and not."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.lsp_server.client import Client, frame
from tests.support.model_endpoint import (
    MISBEHAVING,
    Answer,
    ModelEndpoint,
    goes_on,
    model_endpoint,
    never_answers,
    refuses,
    says,
    says_at_once,
    waits,
)

GOOD = says("total", "(items)")
#: Put together from pieces, so that no scanner complains about this file.
SECRET = "gh" + "p_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
PASSWORD = "Zk93" + "qLw7Tx"


class Editor:
    """A client with one document; what it asks for is asked at once, without debouncing."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None, **completion: Any) -> None:
        self.folder = folder
        (folder / "shop").mkdir()
        self.client = Client(env=env)
        told = {"completion": completion} if completion else {}
        result = self.client.initialize(folder / "shop", home=str(folder / "home"), consent="content", **told)
        self.capabilities: dict[str, Any] = result["capabilities"]
        self._version = 1
        self._requests = 1_000_000

    def open(self, text: str, name: str = "cart.py") -> None:
        self.uri = self.client.open(self.folder / "shop" / name, text)
        self._version = 1

    def change(self, line: int, column: int, text: str) -> None:
        self._version += 1
        self.client.change(self.uri, self._version, (line, column, line, column, text))

    def begin(self, line: int, column: int) -> int:
        """Ask and do not wait; returns the id of the request."""
        self._requests += 1
        params = {
            "textDocument": {"uri": self.uri},
            "position": {"line": line, "character": column},
            "context": {"triggerKind": 1},
        }
        request = {"id": self._requests, "method": "textDocument/inlineCompletion", "params": params}
        self.client.write(frame({"jsonrpc": "2.0", **request}))
        return self._requests

    def answer(self, request: int) -> dict[str, Any]:
        return self.client.wait(lambda it: it.get("id") == request and "method" not in it)

    def has_answered(self, request: int) -> bool:
        """Whether the answer is among what the client has read."""
        return any(it.get("id") == request and "method" not in it for it in self.client.seen)

    def ask(self, line: int, column: int) -> str | None:
        """The text that is offered."""
        answer = self.answer(self.begin(line, column))
        result = answer["result"]
        return result["items"][0]["insertText"] if result else None

    def events(self) -> list[dict[str, Any]]:
        (spool,) = (self.folder / "home" / "spool").glob("*.ndjson")
        return [json.loads(line) for line in spool.read_bytes().splitlines()]


@pytest.fixture
def endpoint() -> Iterator[ModelEndpoint]:
    with model_endpoint(GOOD) as running:
        yield running


@pytest.fixture
def editor(tmp_path: Path, endpoint: ModelEndpoint) -> Iterator[Editor]:
    made = Editor(tmp_path, url=endpoint.address, model="qwen2.5-coder", timeout_ms=20_000)
    made.open("x = \n")
    yield made
    made.client.hang_up()


def test_completions_are_off_where_nobody_named_an_endpoint(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    assert "inlineCompletionProvider" not in editor.capabilities
    assert "pairlog.completionAccepted" not in editor.capabilities["executeCommandProvider"]["commands"]
    editor.client.hang_up()


def test_the_users_file_names_the_endpoint_and_the_workspace_cannot(
    tmp_path: Path, endpoint: ModelEndpoint
) -> None:
    said = f'[completion]\nurl = "{endpoint.address}"\nmodel = "starcoder"\n'
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "pairlog.toml").write_text(said)
    editor = Editor(tmp_path)
    (tmp_path / "shop" / "pairlog.toml").write_text(said.replace("starcoder", "mellum"))
    editor.open("x = \n")
    assert (editor.ask(0, 4), endpoint.asked[0].model) == ("total(items)", "starcoder")
    editor.client.hang_up()


def test_settings_that_cannot_be_are_said_in_one_line_and_recording_goes_on(tmp_path: Path) -> None:
    editor = Editor(tmp_path, url="http://127.0.0.1:1/v1")
    assert editor.client.wait_message("no completions") == (
        "Pairlog offers no completions: the setting `completion.model` is missing; "
        "name the model that the endpoint has"
    )
    assert "inlineCompletionProvider" not in editor.capabilities
    editor.open("x = \n")
    editor.client.settle()
    assert [it["type"] for it in editor.events()] == ["session", "open"]
    editor.client.hang_up()


def test_a_suggestion_is_offered_taken_and_recorded(editor: Editor, endpoint: ModelEndpoint) -> None:
    assert editor.capabilities["inlineCompletionProvider"] == {}
    result = editor.answer(editor.begin(0, 4))["result"]
    (item,) = result["items"]
    here = {"line": 0, "character": 4}
    assert item == {
        "insertText": "total(items)",
        "range": {"start": here, "end": here},
        "command": {
            "title": "Accepted",
            "command": "pairlog.completionAccepted",
            "arguments": ["pairlog-1", editor.uri],
        },
    }
    editor.change(0, 4, "total(items)")
    command = {"command": item["command"]["command"], "arguments": item["command"]["arguments"]}
    editor.client.request("workspace/executeCommand", command)
    editor.client.save(editor.uri, "x = total(items)\n")
    assert editor.client.shutdown() == 0
    told = [(it["type"], it.get("phase") or it.get("cause")) for it in editor.events()[2:]]
    assert told == [
        ("completion", "requested"),
        ("completion", "shown"),
        ("edit", "completion"),
        ("completion", "accepted"),
        ("save", None),
        ("end", None),
    ]


@pytest.mark.parametrize("answer", [GOOD, says_at_once("total(items)")], ids=["streamed", "at once"])
@pytest.mark.parametrize("api", ["completions", "chat"])
def test_both_apis_answer_streamed_or_at_once(tmp_path: Path, api: str, answer: Answer) -> None:
    with model_endpoint(answer) as endpoint:
        editor = Editor(tmp_path, url=endpoint.address, model="m", api=api, key="k1")
        editor.open("x = \n")
        assert editor.ask(0, 4) == "total(items)"
        (asked,) = endpoint.asked
        path = "/v1/chat/completions" if api == "chat" else "/v1/completions"
        assert (asked.path, asked.headers["authorization"]) == (path, "Bearer k1")
        editor.client.hang_up()


def goes_on_from_now(endpoint: ModelEndpoint) -> Event:
    """From now on it answers without end; set once it has begun to."""
    started = Event()
    going = goes_on("text/event-stream", b": still here\n\n")
    endpoint.answer = lambda handler: (started.set(), going(handler))[1]
    return started


def test_a_request_that_is_taken_back_lets_go_of_the_endpoint(
    editor: Editor, endpoint: ModelEndpoint
) -> None:
    started = goes_on_from_now(endpoint)
    request = editor.begin(0, 4)
    assert started.wait(20)
    editor.client.notify("$/cancelRequest", {"id": request})
    assert editor.answer(request)["error"]["code"] == -32800
    assert endpoint.broken.acquire(timeout=20)


def test_a_newer_request_lets_go_of_the_one_before(editor: Editor, endpoint: ModelEndpoint) -> None:
    started = goes_on_from_now(endpoint)
    first = editor.begin(0, 4)
    assert started.wait(20)
    endpoint.answer = GOOD
    assert editor.ask(0, 3) == "total(items)"
    assert editor.answer(first)["result"] is None
    assert endpoint.broken.acquire(timeout=20)


def test_keys_are_recorded_while_an_endpoint_says_nothing(editor: Editor, endpoint: ModelEndpoint) -> None:
    endpoint.answer = never_answers
    request = editor.begin(0, 4)
    for column, key in enumerate("sum()", 4):
        editor.change(0, column, key)
    editor.client.settle()
    assert sum(it["type"] == "edit" for it in editor.events()) == 5
    editor.client.notify("$/cancelRequest", {"id": request})
    editor.answer(request)


def test_leaving_does_not_wait_for_an_answer(editor: Editor, endpoint: ModelEndpoint) -> None:
    endpoint.answer = never_answers
    editor.begin(0, 4)
    assert editor.client.shutdown() == 0
    assert editor.events()[-1]["type"] == "end"


def test_nobody_waits_for_an_answer_once_consent_is_taken_back(
    editor: Editor, endpoint: ModelEndpoint
) -> None:
    started = goes_on_from_now(endpoint)
    request = editor.begin(0, 4)
    assert started.wait(20)
    take_back = {"command": "pairlog.clientConsent", "arguments": ["off"]}
    editor.client.request("workspace/executeCommand", take_back)
    assert editor.answer(request)["error"]["code"] == -32800
    assert endpoint.broken.acquire(timeout=20)
    assert editor.ask(0, 4) is None


def test_what_was_asked_before_a_key_is_about_the_text_before_it(
    editor: Editor, endpoint: ModelEndpoint
) -> None:
    until = Event()
    endpoint.answer = waits(until, GOOD)
    params = {
        "textDocument": {"uri": editor.uri},
        "position": {"line": 0, "character": 4},
        "context": {"triggerKind": 1},
    }
    change = {
        "textDocument": {"uri": editor.uri, "version": 2},
        "contentChanges": [{"range": {"start": params["position"], "end": params["position"]}, "text": "y"}],
    }
    # Both in one read of the server.
    editor.client.write(
        frame({"jsonrpc": "2.0", "id": 7, "method": "textDocument/inlineCompletion", "params": params})
        + frame({"jsonrpc": "2.0", "method": "textDocument/didChange", "params": change})
    )
    until.set()
    assert editor.answer(7)["result"] is None


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Editor, ModelEndpoint]]:
    """One editor for one endpoint that turns bad again and again."""
    with model_endpoint(GOOD) as endpoint:
        editor = Editor(
            tmp_path_factory.mktemp("patient"), url=endpoint.address, model="starcoder", timeout_ms=700
        )
        editor.open("\n" * 1000)
        yield editor, endpoint
        assert editor.client.shutdown() == 0
        assert [it for it in editor.events() if it["type"] == "gap"] == []


@pytest.mark.parametrize("name", MISBEHAVING)
def test_an_endpoint_that_misbehaves_is_no_trouble_and_may_mend_its_ways(
    patient: tuple[Editor, ModelEndpoint], name: str
) -> None:
    editor, endpoint = patient
    line = 2 * list(MISBEHAVING).index(name)
    endpoint.answer = MISBEHAVING[name]
    editor.change(line, 0, "bad = ")
    request = editor.begin(line, 6)
    editor.client.settle()
    assert editor.answer(request)["result"] is None
    endpoint.answer = GOOD
    editor.change(line + 1, 0, "good = ")
    assert editor.ask(line + 1, 7) == "total(items)"


@pytest.mark.parametrize("name", ["a stream byte by byte", "JSON byte by byte"])
def test_keys_are_recorded_while_an_answer_comes_byte_by_byte(
    tmp_path: Path, endpoint: ModelEndpoint, name: str
) -> None:
    endpoint.answer = MISBEHAVING[name]
    editor = Editor(tmp_path, url=endpoint.address, model="starcoder", timeout_ms=3000)
    editor.open("x = \n")
    request = editor.begin(0, 4)
    turns = []
    while not editor.has_answered(request):
        begun = time.monotonic()
        editor.client.settle()
        turns.append(time.monotonic() - begun)
    assert editor.answer(request)["result"] is None
    # Others share this machine: two slow turns may be theirs.
    assert sorted(turns)[-3] < 0.2
    editor.client.hang_up()


def test_a_person_reads_once_what_the_endpoint_says(editor: Editor, endpoint: ModelEndpoint) -> None:
    endpoint.answer = refuses(404, {"error": {"message": "no model\n\x1b[31m`m` here"}})
    for column in range(5):
        assert editor.ask(0, column) is None
    assert len(endpoint.asked) == 3
    message = editor.client.wait_message("no completions")
    assert message == (
        f"Pairlog offers no completions: {endpoint.address}: it answers 404: no model  [31m`m` here; "
        "it goes on trying, in growing pauses"
    )
    assert (
        "it answers 404"
        in editor.client.wait(
            lambda it: it.get("method") == "pairlog/status" and "404" in it["params"]["detail"]
        )["params"]["detail"]
    )


def test_an_endpoint_on_another_machine_sees_no_secret_and_one_on_this_machine_the_text(
    tmp_path: Path,
) -> None:
    certificate = tmp_path / "model.pem"
    words = ["-subj", "/CN=model", "-addext", "subjectAltName=IP:0.0.0.0", "-days", "2", "-nodes"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-keyout", f"{certificate}.key"]
    subprocess.run(
        ["openssl", "req", "-x509", *key, *words, "-out", str(certificate)], check=True, capture_output=True
    )
    text = f'token = "{SECRET}"\nlogin("{PASSWORD}")\nx = \n'
    with model_endpoint(GOOD, certificate) as far, model_endpoint(GOOD) as near:
        for endpoint, token, word in (
            (far, "*" * len(SECRET), "*" * len(PASSWORD)),
            (near, SECRET, PASSWORD),
        ):
            folder = tmp_path / token[:1]
            folder.mkdir()
            env = {"SSL_CERT_FILE": str(certificate)}
            editor = Editor(folder, env=env, url=endpoint.address, model="starcoder")
            editor.open(f'password = "{PASSWORD}"\n', "settings.py")
            editor.open(text)
            assert editor.ask(2, 4) == "total(items)"
            assert endpoint.asked[0].body["prompt"] == (
                f'<fim_prefix>token = "{token}"\nlogin("{word}")\nx = <fim_suffix>\n<fim_middle>'
            )
            editor.client.hang_up()
