"""Labelled truth of what agents tell while they work: which of their steps are told, and as what.

An agent works in the recorded folder and tells it; another one works elsewhere; batches come again,
and events that nobody knows stand between. The key of a step is its id and its phase.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from time import time_ns
from typing import Any

from tests.lsp_server.git_shop import Shop
from tests.lsp_server.outside import watched
from tests.support.otlp import free_port, post, record, request
from tests.truth.measure import Bar, Labelled, Told, Truth

BARS = {(kind, "reported"): Bar(1, 1) for kind in ("prompt", "message", "tool_call", "tool_result")}


def labelled(folder: Path, rounds: int) -> Iterator[Labelled]:
    """A session of a recorder, and what its script told it, for each seed."""
    for number in range(rounds):
        place = folder / str(number)
        place.mkdir()
        port = free_port()
        with watched(Shop(place / "shop", {"a.py": "1\n"}), place / "home", agentsPort=port) as it:
            truths = _play(port, it.shop.root, random.Random(f"agent events {number}"))
            last = record("user_prompt", time_ns() // 1_000_000, prompt__id="last")
            assert post(port, request([last], it.shop.root)).status == 200
            it.until_told("agent", id="last")
            it.client.shutdown()
            told = [event for event in it.events() if event["type"] == "agent" and event["id"] != "last"]
            yield Labelled(
                truths, [Told((at["id"], at["phase"]), at["phase"], at["evidence"]) for at in told]
            )


def _play(port: int, shop: Path, chance: random.Random) -> list[Truth]:
    truths: list[Truth] = []
    batches: list[tuple[list[dict[str, Any]], Path]] = []
    for turn in range(8):
        here = chance.random() < 0.6
        records = list(_turn(turn))
        chance.shuffle(records)
        batches.append((records, shop if here else shop.parent))
        if here:
            for phase, name in (("prompt", "p"), ("message", "m"), ("tool_call", "t"), ("tool_result", "t")):
                truths.append(
                    Truth((f"{name}{turn}", phase), phase, "reported", f"a {phase} of the agent here")
                )
    for records, folder in [*batches, *chance.sample(batches, 3)]:
        assert post(port, request(records, folder), zipped=chance.random() < 0.5).status == 200
    return truths


def _turn(turn: int) -> Iterator[dict[str, Any]]:
    now = time_ns() // 1_000_000
    prompt = f"p{turn}"
    yield record("user_prompt", now, prompt__id=prompt, prompt="Do it.")
    yield record("api_request", now, prompt__id=prompt, model="some-model")
    yield record("assistant_response", now, prompt__id=prompt, message__uuid=f"m{turn}", response="Done.")
    yield record("tool_decision", now, prompt__id=prompt, tool_use_id=f"t{turn}", decision="accept")
    yield record("tool_result", now, prompt__id=prompt, tool_use_id=f"t{turn}", tool_name="Bash")
    yield record("brand_new", now, prompt__id=prompt)
