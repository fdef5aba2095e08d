"""Real requests to a real recorder that hears agents."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from lsp_server.senses.agents.logs import BYTES_MAX
from lsp_server.senses.agents.port import CONNECTIONS_MAX
from tests.lsp_server.client import Client
from tests.support.otlp import GOLDEN, Answer, free_port, post, record, request
from tests.support.processes import wait_for

_SECONDS_MAX = 20.0


class Scene:
    """A folder that is recorded, and the port where its recorder hears agents."""

    def __init__(self, folder: Path, consent: str = "content", port: int | None = None, **env: str) -> None:
        self.home = folder / "home"
        self.shop = folder / "shop"
        self.shop.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.client = Client(env={"PAIRLOG_HOME": str(self.home), **env})
        self.client.initialize(self.shop, consent=consent, agentsPort=self.port)

    def hears(self) -> Scene:
        """Once the recorder listens."""
        wait_for("the port", lambda: _is_open(self.port) or None)
        return self

    def post(self, *records: dict[str, Any], **how: Any) -> Answer:
        return post(self.port, request(records, self.shop), **how)

    def lines(self) -> list[dict[str, Any]]:
        found = sorted((self.home / "spool").glob("*.ndjson"))
        return [json.loads(line) for file in found for line in file.read_bytes().splitlines()]

    def told(self, count: int, *types: str) -> list[dict[str, Any]]:
        """The events of these types, as soon as there are so many, without what is no agent's word."""
        kinds = types or ("agent", "feedback")

        def find() -> list[dict[str, Any]] | None:
            found = [line for line in self.lines() if line["type"] in kinds]
            return found if len(found) >= count else None

        return wait_for(f"{count} of {kinds}", find, _SECONDS_MAX)


def _is_open(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made.hears()
    made.client.kill()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def prompt(number: int, at_ms: int | None = None, **fields: Any) -> dict[str, Any]:
    told = {"prompt__id": f"p{number}", "prompt": f"question {number}", **fields}
    return record("user_prompt", at_ms or now_ms(), **told)


def test_what_an_agent_tells_becomes_events_of_the_session(scene: Scene) -> None:
    now = now_ms()
    arguments = json.dumps({"file_path": str(scene.shop / "cart.py"), "content": "total = 1\n"})
    answer = scene.post(
        prompt(1, now),
        record(
            "assistant_response",
            now,
            prompt__id="p1",
            message__uuid="m1",
            model="some-model",
            response="Yes.",
        ),
        record(
            "tool_decision",
            now,
            prompt__id="p1",
            tool_use_id="t1",
            decision="accept",
            source="user_temporary",
        ),
        record(
            *("tool_result", now),
            prompt__id="p1",
            tool_use_id="t1",
            tool_name="Write",
            success="true",
            tool_input=arguments,
        ),
    )
    assert answer[:1] + answer[2:] == (200, {})
    events = scene.told(5)
    said = {"conversation": "s1", "provider": "claude-code", "evidence": "reported"}
    call = {"type": "agent", "id": "t1", "parent": "p1", "tool": "Write", "paths": ["cart.py"], **said}
    assert [{key: it for key, it in event.items() if key not in ("seq", "t", "at")} for event in events] == [
        {"type": "agent", "id": "p1", "phase": "prompt", "text": "question 1", **said},
        {
            "type": "agent",
            "id": "m1",
            "phase": "message",
            "parent": "p1",
            "model": "some-model",
            "text": "Yes.",
            **said,
        },
        {"type": "feedback", "ref": "t1", "rating": 1, "reason": "user_temporary"},
        {**call, "phase": "tool_call", "text": arguments},
        {**call, "phase": "tool_result"},
    ]


def test_when_it_happened_is_told_as_the_session_counts(scene: Scene) -> None:
    # A call that began before the recording is none of its.
    began = now_ms()
    wait_for("40 ms of recording", lambda: now_ms() >= began + 40 or None)
    scene.post(prompt(1, now_ms()), record("tool_result", now_ms(), tool_use_id="t1", duration_ms=40))
    first, call, result = scene.told(3)
    assert 0 <= first["t"] - first["at"] < 2000
    assert result["at"] - call["at"] == 40


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_every_name_of_this_machine_leads_to_the_port(scene: Scene, host: str) -> None:
    assert scene.post(prompt(1), host=host).status == 200
    scene.told(1)


def test_a_gzipped_request_is_taken(scene: Scene) -> None:
    assert scene.post(prompt(1), zipped=True).status == 200
    scene.told(1)


def test_a_request_in_pieces_is_taken(scene: Scene) -> None:
    body = json.dumps(request([prompt(1)], scene.shop)).encode()
    head = "POST /v1/logs HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: application/json\r\n"
    said = head.format(scene.port).encode() + b"Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [b"%x\r\n%b\r\n" % (len(it), it) for it in (body[:100], body[100:])]
    with socket.create_connection(("127.0.0.1", scene.port), _SECONDS_MAX) as talking:
        talking.sendall(said)
        assert talking.recv(100).startswith(b"HTTP/1.1 100 ")
        for piece in [*pieces, b"0\r\n\r\n"]:
            talking.sendall(piece)
        assert talking.recv(1000).startswith(b"HTTP/1.1 200 ")
    scene.told(1)


def test_metrics_and_traces_are_taken_and_thrown_away(scene: Scene) -> None:
    assert post(scene.port, {"resourceMetrics": []}, path="/v1/metrics").body == {}
    traces = post(scene.port, b"\x0a\x00", path="/v1/traces", Content_Type="application/x-protobuf")
    assert (traces.status, traces.headers["content-type"], traces.body) == (
        200,
        "application/x-protobuf",
        b"",
    )
    scene.post(prompt(1))
    assert len(scene.told(1)) == 1


def test_a_batch_that_is_sent_again_is_told_once(scene: Scene) -> None:
    batch = [prompt(1), prompt(2)]
    for _ in range(3):
        assert scene.post(*batch).status == 200
    scene.post(prompt(3), batch[1])
    assert [event["id"] for event in scene.told(3)] == ["p1", "p2", "p3"]


def test_what_is_not_understood_is_a_gap_the_first_time(scene: Scene) -> None:
    for _ in range(3):
        scene.post(record("brand_new", now_ms()), prompt(1))
    scene.post(prompt(2))
    scene.told(2)
    gaps = [(gap["reason"], gap["detail"]) for gap in scene.told(1, "gap")]
    assert gaps == [("unsupported", "an agent's event of the unknown kind `claude_code.brand_new`")]


def test_events_of_another_folder_leave_no_trace_and_those_of_none_are_turned_away(
    scene: Scene, tmp_path: Path
) -> None:
    other = post(scene.port, request([prompt(1, prompt="a secret of another folder")], tmp_path))
    assert (other.status, other.body) == (200, {})
    none = post(scene.port, request([prompt(2, prompt="a secret of no folder")], None))
    assert none.status == 200
    assert none.body["partialSuccess"]["rejectedLogRecords"] == "1"
    assert "pairlog.workspace" in none.body["partialSuccess"]["errorMessage"]
    scene.post(prompt(3))
    assert [event["id"] for event in scene.told(1)] == ["p3"]
    assert "secret" not in json.dumps(scene.lines())


def test_a_denied_file_leaves_no_trace(scene: Scene) -> None:
    for number, path in enumerate([scene.shop / ".env", scene.shop.parent / "elsewhere.py"]):
        arguments = json.dumps({"file_path": str(path), "content": "PIN=4711"})
        call = {"tool_use_id": f"t{number}", "tool_name": "Write", "tool_input": arguments}
        scene.post(record("tool_result", now_ms(), success="false", error=f"no {path}", **call))
    folder = json.dumps({"path": str(scene.shop), "pattern": "total"})
    scene.post(record("tool_result", now_ms(), tool_use_id="t2", tool_name="Grep", tool_input=folder))
    events = scene.told(6)
    assert [(event["tool"], event.get("paths"), event.get("text")) for event in events] == [
        *[("Write", None, None)] * 4,
        ("Grep", None, folder),
        ("Grep", None, None),
    ]


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "another host": ({"Host": "evil.example:80"}, 421),
    "another port": ({"Host": "localhost:1"}, 421),
    "a page": ({"Origin": "http://localhost:4318"}, 403),
    "a page that hides": ({"Sec_Fetch_Site": "same-origin"}, 403),
    "another path": ({"path": "/v1/other"}, 404),
    "a look": ({"method": "GET"}, 405),
    "a question before": ({"method": "OPTIONS"}, 405),
    "protobuf": ({"Content_Type": "application/x-protobuf"}, 415),
    "a form": ({"Content_Type": "text/plain"}, 415),
    "brotli": ({"Content_Encoding": "br"}, 415),
    "no gzip": ({"Content_Encoding": "gzip"}, 400),
}


@pytest.mark.parametrize(("how", "status"), REFUSED.values(), ids=REFUSED)
def test_who_does_not_belong_here_is_refused_with_the_reason(
    scene: Scene, how: dict[str, Any], status: int
) -> None:
    answer = scene.post(prompt(1), **how)
    assert answer.status == status
    assert set(answer.body) == {"code", "message"}
    assert scene.post(prompt(2)).status == 200
    assert [event["id"] for event in scene.told(1)] == ["p2"]


def test_who_speaks_protobuf_is_told_what_to_set(scene: Scene) -> None:
    answer = post(scene.port, b"\x0a\x00", Content_Type="application/x-protobuf")
    assert "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL=http/json" in answer.body["message"]


def test_what_is_too_large_is_refused_however_it_is_sent_and_is_a_gap(scene: Scene) -> None:
    large = b'{"x": "' + b"x" * BYTES_MAX + b'"}'
    assert post(scene.port, large).status == 413
    assert post(scene.port, large, zipped=True).status == 413
    assert post(scene.port, b"[" * 200_000).status == 400
    gaps = [(gap["reason"], gap["detail"]) for gap in scene.told(1, "gap")]
    assert gaps == [("not_emitted", "a request of an agent that could not be taken")]


STRANGE: dict[str, bytes] = {
    "nothing": b"",
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 50,
    "no host": b"POST /v1/logs HTTP/1.1\r\n\r\n",
    "two hosts": b"POST /v1/logs HTTP/1.1\r\nHost: localhost:PORT\r\nHost: evil\r\n\r\n",
    "two lengths": b"POST /v1/logs HTTP/1.1\r\nHost: localhost:PORT\r\n"
    b"Content-Length: 1\r\nContent-Length: 9\r\n\r\n{",
    "an endless head": b"POST /v1/logs HTTP/1.1\r\nX: " + b"x" * 200_000,
    "an endless length": b"POST /v1/logs HTTP/1.1\r\nHost: localhost:PORT\r\n"
    b"Content-Type: application/json\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "a body without a length": b"POST /v1/logs HTTP/1.1\r\nHost: localhost:PORT\r\n"
    b"Content-Type: application/json\r\n\r\n{}{}{}",
    "strange chunks": b"POST /v1/logs HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
    "two requests at once": b"POST /v1/logs HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Length: 0\r\n\r\n"
    * 3,
}


@pytest.mark.parametrize("said", STRANGE.values(), ids=STRANGE)
def test_whatever_comes_to_the_port_the_recording_goes_on(scene: Scene, said: bytes) -> None:
    talking = socket.create_connection(("127.0.0.1", scene.port), _SECONDS_MAX)
    with talking, suppress(ConnectionError):
        talking.sendall(said.replace(b"PORT", str(scene.port).encode()))
        talking.shutdown(socket.SHUT_WR)
        while talking.recv(65536):
            continue
    assert scene.post(prompt(1)).status == 200
    assert [event["id"] for event in scene.told(1)] == ["p1"]
    scene.client.settle()


def test_who_sends_slowly_is_cut_off_and_others_are_heard_meanwhile(scene: Scene) -> None:
    head = f"POST /v1/logs HTTP/1.1\r\nHost: localhost:{scene.port}\r\nContent-Type: application/json\r\n"

    def crowded() -> tuple[list[socket.socket], Answer] | None:
        slow = [
            socket.create_connection(("127.0.0.1", scene.port), _SECONDS_MAX) for _ in range(CONNECTIONS_MAX)
        ]
        for talking in slow:
            talking.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        answer = scene.post(prompt(1))
        if answer.status == 503:
            return slow, answer
        # The machine took so long that they were cut off before.
        for talking in slow:
            talking.close()
        return None

    slow, busy = wait_for("the bound", crowded)
    assert busy.headers["retry-after"] == "1"
    scene.client.settle()
    assert slow[0].recv(1000).startswith(b"HTTP/1.1 408 ")
    for talking in slow:
        talking.close()
    wait_for("room", lambda: scene.post(prompt(2)).status == 200 or None)
    assert "p2" in [event["id"] for event in scene.told(1)]


def test_nothing_is_heard_without_consent(tmp_path: Path) -> None:
    scene = Scene(tmp_path, consent="off")
    scene.client.wait_status("off")
    scene.client.settle()
    assert not _is_open(scene.port)
    scene.client.kill()


def test_what_happened_during_a_pause_is_not_told_afterwards(scene: Scene) -> None:
    def command(name: str) -> None:
        scene.client.request("workspace/executeCommand", {"command": name, "arguments": []})

    command("pairlog.pause")
    during = prompt(1)
    scene.post(prompt(2))
    command("pairlog.resume")
    scene.post(during, prompt(3, now_ms() + 1))
    assert [event["id"] for event in scene.told(1)] == ["p3"]


def test_what_happened_before_the_recording_is_not_told(scene: Scene) -> None:
    scene.post(prompt(1, now_ms() - 60_000), prompt(2))
    assert [event["id"] for event in scene.told(1)] == ["p2"]


def test_the_first_recorder_has_the_port_and_the_next_one_once_it_leaves(
    scene: Scene, tmp_path: Path
) -> None:
    second = Scene(tmp_path / "second", port=scene.port)
    try:
        told = second.client.wait(
            lambda it: "agents are not heard here" in it.get("params", {}).get("detail", "")
        )
        assert str(scene.port) in told["params"]["detail"]
        scene.client.shutdown()
        wait_for("the port", lambda: second.post(prompt(1)).status == 200 if _is_open(scene.port) else None)
        second.told(1)
        second.client.wait(lambda it: it.get("params", {}).get("detail", "x").endswith("second/home"))
    finally:
        second.client.kill()


@pytest.mark.parametrize("wrong", ["http", "80", "70000", "-1"])
def test_a_port_that_is_none_is_told_and_nothing_is_recorded(tmp_path: Path, wrong: str) -> None:
    client = Client(env={"PAIRLOG_HOME": str(tmp_path / "home"), "PAIRLOG_AGENTS_PORT": wrong})
    client.initialize(tmp_path, consent="content")
    assert "`agents_port`" in client.wait_message("agents_port")
    client.kill()


def test_the_port_may_be_named_in_the_users_own_file_and_not_in_the_workspaces(tmp_path: Path) -> None:
    scene_port = free_port()
    for folder in ("home", "shop"):
        (tmp_path / folder).mkdir()
    (tmp_path / "shop" / "pairlog.toml").write_text(f"agents_port = {free_port()}\n")
    (tmp_path / "home" / "pairlog.toml").write_text(f"agents_port = {scene_port}\n")
    client = Client(env={"PAIRLOG_HOME": str(tmp_path / "home")})
    client.initialize(tmp_path / "shop", consent="content")
    wait_for("the port", lambda: _is_open(scene_port) or None)
    client.kill()


def test_an_ordinary_recorder_loads_none_of_it(tmp_path: Path) -> None:
    script = (
        "import sys; from lsp_server.protocol.server import create_server; import lsp_server.recording.start;"
        "import lsp_server.senses.senses, lsp_server.senses.outside;"
        "print([it for it in sys.modules if it == 'h11' or 'otlp' in it or 'agent' in it])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, timeout=_SECONDS_MAX)
    assert done.stdout.strip() == b"[]", done.stderr


def test_the_documented_requests_are_taken_by_a_recorder(scene: Scene) -> None:
    for name in ("claude-code", "copilot-chat"):
        body = (GOLDEN / f"{name}.json").read_text().replace("/home/dev/shop", str(scene.shop))
        now = str(now_ms() + 1)
        assert post(scene.port, body.replace("178574400", now[:9]).encode()).status == 200
