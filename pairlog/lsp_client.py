"""A client that says what it is given: starts a language server and sends it LSP messages over stdio."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import IO, Any

from pairlog.errors import UserError
from pairlog.feed import Message, pack

_ANSWER_SECONDS_MAX = 30


def speak(command: Sequence[str], environment: Mapping[str, str], messages: Iterable[Message]) -> int:
    """Start the server, send every message, wait until it ends; returns how many were sent.

    A request is answered before the next message goes. Raises UserError where an answer fails to come or
    the server ends with an error.
    """
    server = subprocess.Popen(
        command, env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert server.stdin and server.stdout and server.stderr
    answers: queue.Queue[Any] = queue.Queue()
    complaints: list[bytes] = []
    # Both pipes are read all the time, or a talkative server would block.
    readers = [
        threading.Thread(target=_listen, args=(server.stdout, answers), daemon=True),
        threading.Thread(target=lambda: complaints.extend(server.stderr or ()), daemon=True),
    ]
    for reader in readers:
        reader.start()
    sent = 0
    try:
        for message in messages:
            server.stdin.write(pack(message))
            sent += 1
            if "id" in message:
                server.stdin.flush()
                if answers.get(timeout=_ANSWER_SECONDS_MAX) is None:
                    raise BrokenPipeError
        server.stdin.close()
        code = server.wait(_ANSWER_SECONDS_MAX)
    except (OSError, queue.Empty, subprocess.TimeoutExpired):
        server.kill()
        code = server.wait() or -1
    for reader in readers:
        reader.join()
    if code:
        said = b"".join(complaints).decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        raise UserError(f"the language server ended with {code} after {sent} messages: {said[-1]}")
    return sent


def _listen(stream: IO[bytes], answers: queue.Queue[Any]) -> None:
    """Put each answer to a request into `answers`; None when the server has gone."""
    while headers := _headers(stream):
        body = json.loads(stream.read(int(headers["content-length"])))
        if "id" in body and "method" not in body:
            answers.put(body)
    answers.put(None)


def _headers(stream: IO[bytes]) -> dict[str, str]:
    headers = {}
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.decode("ascii").partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers
