"""What a keystroke costs in the recorder where completions are on, beside the same where they are off.

The endpoint is a real one on this machine, and each pause in typing is shorter than the debounce. A key is a
didChange alone, as in `tests/bench/keystroke.py`, or what an editor sends with it: that the request before is
taken back, and the next one, which the stock server keeps waiting as long and answers with nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from tests.bench.keystroke import (
    BURST_KEYS,
    LINE,
    PAUSE_SECONDS,
    ROUNDS,
    SINGLE_KEYS,
    STOCK,
    cost,
    keys,
    server,
)
from tests.bench.row import Row
from tests.lsp_server.client import SERVER, Client, frame
from tests.support.model_endpoint import model_endpoint, says

_STOCK_ASKED = [
    sys.executable,
    "-c",
    """
import asyncio
from lsprotocol import types
from pygls.lsp.server import LanguageServer
server = LanguageServer("stock", "1")
@server.feature(types.TEXT_DOCUMENT_INLINE_COMPLETION, types.InlineCompletionOptions())
async def wait(params):
    await asyncio.sleep(0.15)
server.start_io()
""",
]
_LINES = 1_000
_METHOD = "textDocument/inlineCompletion"


def rows() -> Iterable[Row]:
    if not sys.platform.startswith("linux"):
        yield Row("completions: skipped, the CPU time of another process is read as Linux has it", 0, "")
        return
    with model_endpoint(says("total(items)")) as endpoint:
        on = {"completion": {"url": endpoint.address, "model": "m"}}
        # In turns, so that a machine that is busy for a while is busy for all.
        rounds = [
            (*_key(SERVER), *_key(SERVER, **on), *_key(STOCK), _asking(SERVER, **on), _asking(_STOCK_ASKED))
            for _ in range(ROUNDS)
        ]
        assert len(endpoint.asked) == 2 * ROUNDS, "no more was to be asked than at the starts"
    burst, single, burst_on, single_on, stock_burst, stock_single, asking, stock_asking = (
        min(costs) for costs in zip(*rounds, strict=True)
    )
    yield Row("keystroke in a burst, completions on", burst_on, "us")
    yield Row("keystroke in a burst, completions on, beside off", burst_on / burst, "x", 1.5)
    yield Row("keystroke in a burst, completions on, part of stock", burst_on / stock_burst, "x", 1 / 30)
    yield Row("one keystroke at a time, completions on", single_on, "us")
    yield Row("one keystroke at a time, completions on, beside off", single_on / single, "x", 1.5)
    yield Row("one keystroke at a time, completions on, part of stock", single_on / stock_single, "x", 1 / 8)
    yield Row("one keystroke with its request for a completion", asking, "us")
    yield Row("one keystroke with its request, stock pygls", stock_asking, "us")
    yield Row("one keystroke with its request, part of stock", asking / stock_asking, "x", 1 / 2)
    yield Row("one keystroke with its request, beside one without, completions off", asking / single, "x")


def _key(command: list[str], **options: Any) -> tuple[float, float]:
    """Microseconds for a key in a burst, and for one that comes alone; nothing is asked for."""
    with server(command, **options) as (client, workspace):
        uri = client.open(workspace / "a.py", LINE * _LINES)
        _start(client, uri, options)
        burst = cost(client, list(keys(uri, _LINES, 1, BURST_KEYS)), 0)
        single = cost(client, list(keys(uri, _LINES, 1 + BURST_KEYS, SINGLE_KEYS)), PAUSE_SECONDS)
        return burst, single


def _asking(command: list[str], **options: Any) -> float:
    """Microseconds for a key that comes alone, with its request."""
    with server(command, **options) as (client, workspace):
        uri = client.open(workspace / "a.py", LINE * _LINES)
        _start(client, uri, options)
        return cost(client, list(_with_requests(uri)), PAUSE_SECONDS)


def _start(client: Client, uri: str, options: dict[str, Any]) -> None:
    """Wait until all is at work: what speaks HTTP is loaded beside the first keys, once in hours."""
    client.settle()
    if options:
        client.request(_METHOD, _params(uri, _LINES - 1, 4, 1))


def _with_requests(uri: str) -> Iterator[bytes]:
    for number, key in enumerate(keys(uri, _LINES, 1, SINGLE_KEYS)):
        line, column = (number * 10 // SINGLE_KEYS) * _LINES // 10, 5 + number % (SINGLE_KEYS // 10)
        params = _params(uri, line, column, 2)
        request = {"jsonrpc": "2.0", "id": f"c{number}", "method": _METHOD, "params": params}
        before = {"jsonrpc": "2.0", "method": "$/cancelRequest", "params": {"id": f"c{number - 1}"}}
        yield key + (frame(before) if number else b"") + frame(request)


def _params(uri: str, line: int, column: int, trigger: int) -> dict[str, Any]:
    place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}
    return {**place, "context": {"triggerKind": trigger}}
