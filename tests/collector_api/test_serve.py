"""`pairlog serve` as a process: started, stopped, killed, started again."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from pairlog.frame import pack
from pairlog.options import database_uri
from tests.collector_api.driver import SESSION, session_lines

Start = Callable[..., "Served"]


@dataclass
class Served:
    """A running collector."""

    process: subprocess.Popen[str]
    address: str

    def post(self, token: str, lines: list[bytes]) -> httpx.Response:
        return httpx.post(
            f"{self.address}/v1/sessions/{SESSION}/frames",
            content=pack(lines),
            headers={"Authorization": f"Bearer {token}"},
        )


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "pairlog", *map(str, words)]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def start(data: Path) -> Iterator[Start]:
    """Starts collectors on the data folder, and stops those that still run."""
    running: list[subprocess.Popen[str]] = []

    def start(preexec: Callable[[], None] | None = None) -> Served:
        process = subprocess.Popen(
            command("serve", "--data", data, "--port", "0"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=preexec,
        )
        running.append(process)
        assert process.stdout is not None
        return Served(process, process.stdout.readline().strip())

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def token(data: Path) -> str:
    """A contributor's token, made before any collector ever ran."""
    words = command("token", "create", "mine", "--role", "contributor", "--data", data)
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def test_its_first_line_is_the_address_and_it_answers_there(start: Start, token: str) -> None:
    served = start()
    assert served.address.startswith("http://127.0.0.1:")
    assert httpx.get(f"{served.address}/healthz").json() == {"status": "ok"}
    assert served.post(token, session_lines()).json() == {"acked": 8}


def test_the_one_time_address_of_pairlog_open_opens_the_pages(start: Start, data: Path) -> None:
    served = start()
    words = command("open", "--data", data, "--url", served.address)
    opened = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    with httpx.Client(headers={"Accept": "text/html"}) as browser:
        assert browser.get(served.address).status_code == 401
        assert browser.get(opened).status_code == 200
        assert "No session yet" in browser.get(served.address).text


def test_no_key_goes_into_the_log_of_a_service_and_none_survives_its_start(start: Start, data: Path) -> None:
    served = start()
    words = command("open", "--data", data, "--url", served.address)
    before = subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()
    served.process.terminate()
    said, complained = served.process.communicate(timeout=20)
    assert "key=" not in said + complained
    again = start()
    key = before.rpartition("=")[2]
    assert httpx.get(f"{again.address}/enter?key={key}").status_code == 403


def test_at_a_terminal_it_prints_a_one_time_address(data: Path) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command("serve", "--data", data, "--port", "0"), stdout=theirs)
    os.close(theirs)
    with os.fdopen(ours, "rb") as terminal:
        address, opened = (terminal.readline().decode().strip() for _ in range(2))
        process.terminate()
        process.wait(20)
    assert opened.startswith(f"Open once in your browser: {address}/enter?key=")


def test_what_was_acknowledged_survives_kill_9(start: Start, token: str) -> None:
    lines = session_lines(edits=40)
    served = start()
    for end in range(10, 41, 10):
        assert served.post(token, lines[:end]).json() == {"acked": end - 1}
    served.process.send_signal(signal.SIGKILL)
    served.process.wait()
    again = start()
    row = httpx.get(
        f"{again.address}/v1/sessions/{SESSION}", headers={"Authorization": f"Bearer {token}"}
    ).json()
    assert row["acked"] == 39
    assert again.post(token, lines[30:]).json() == {"acked": 43}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_at_once_even_with_open_connections(
    start: Start, token: str, number: signal.Signals
) -> None:
    served = start()
    host, port = served.address.removeprefix("http://").split(":")
    with httpx.Client() as idle, socket.create_connection((host, int(port))) as unfinished:
        idle.get(f"{served.address}/healthz")
        unfinished.sendall(
            f"POST /v1/sessions/{SESSION}/frames HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            "Content-Length: 100\r\n\r\nhalf".encode()
        )
        begun = time.monotonic()
        served.process.send_signal(number)
        assert served.process.wait(10) == 0
        assert time.monotonic() - begun < 5
        assert unfinished.recv(12) == b"HTTP/1.1 503"


_WITH_A_STUCK_THREAD = """
import sys, threading
from collector_api.server import serving
threading.Thread(target=threading.Event().wait).start()
serving.serve(sys.argv[1], "127.0.0.1", 0, 1)
"""


def test_it_ends_although_a_thread_does_not(data: Path) -> None:
    words = [sys.executable, "-c", _WITH_A_STUCK_THREAD, database_uri(data)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_second_server_on_the_same_folder_is_refused(start: Start, data: Path) -> None:
    start()
    second = subprocess.run(
        command("serve", "--data", data, "--port", "0"), capture_output=True, text=True, timeout=60
    )
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "another `pairlog serve` already serves" in second.stderr


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        refused = subprocess.run(
            command("serve", "--data", tmp_path / "other", "--port", port),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}" in refused.stderr


def test_more_than_one_worker_is_refused_on_sqlite(data: Path) -> None:
    refused = subprocess.run(
        command("serve", "--data", data, "--workers", "2"), capture_output=True, text=True, timeout=60
    )
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "--database-url postgresql://" in refused.stderr


def test_a_full_disk_answers_503_and_keeps_what_was_acknowledged(start: Start, token: str) -> None:
    def no_file_beyond_a_mebibyte() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))

    lines = session_lines()
    large = os.urandom(2**20).hex()
    opened = lines[1].replace(b'"text":""', b'"text":"' + large.encode() + b'"')
    served = start(no_file_beyond_a_mebibyte)
    assert served.post(token, lines[:1]).json() == {"acked": 0}
    refused = served.post(token, [lines[0], opened])
    assert (refused.status_code, refused.json()["code"]) == (503, "storage")
    assert refused.headers["retry-after"] == "5"
    assert served.post(token, lines).json() == {"acked": 8}


def test_its_log_is_json_where_that_is_asked_for(data: Path) -> None:
    process = subprocess.Popen(
        command("serve", "--data", data, "--port", "0", "--log", "json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    refused = httpx.get(f"{address}/v1/sessions", headers={"X-Request-ID": "trace-1"})
    process.terminate()
    _, log = process.communicate(timeout=20)
    (said,) = [json.loads(written) for written in log.splitlines()]
    assert refused.json()["request"] == "trace-1"
    assert (said["request"], said["status"], said["code"]) == ("trace-1", 401, "token")


def test_what_is_no_request_is_logged_by_its_id_and_counted(start: Start) -> None:
    served = start()
    host, _, port = served.address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"hello\r\n\r\n")
        told = b"".join(iter(lambda: connection.recv(65536), b""))
    ident = json.loads(told.partition(b"\r\n\r\n")[2])["request"]
    counted = httpx.get(f"{served.address}/metrics").text
    assert 'pairlog_refusals_total{code="request",limit=""} 1.0' in counted
    served.process.terminate()
    _, said = served.process.communicate(timeout=20)
    assert f"refused request={ident} method=other route=none code=request status=400" in said
