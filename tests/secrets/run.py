"""Plants secrets, one in a session, and reads all that reached the collector."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import lcm
from pathlib import Path
from random import Random

from pairlog.events import PositionEncoding
from tests.lsp_server.failing_collector import serving
from tests.secrets import awkward, told, typed
from tests.secrets.capture import Capturing
from tests.secrets.planting import KINDS, Planting, planting
from tests.secrets.reader import everything, in_session
from tests.secrets.scene import Scene

Scenario = Callable[[Scene, Planting], None]

SCENARIOS: tuple[Scenario, ...] = (
    typed.letter_by_letter,
    typed.with_mistakes,
    typed.with_jumps,
    typed.pasted,
    typed.in_two_pastes,
    typed.in_two_files,
    typed.second_half_first,
    typed.undone_and_redone,
    typed.deleted_and_undone,
    typed.cut_and_pasted,
    typed.dragged,
    told.in_a_file,
    told.in_a_file_opened_again,
    told.in_a_whole_document,
    told.printed,
    told.printed_in_two_pieces,
    told.printed_in_colour,
    told.in_two_messages,
    told.run,
    told.in_a_diff,
    told.in_a_tool_call,
    told.in_a_commit_message,
    told.in_a_test,
    told.in_a_completion,
    told.in_the_rest_of_a_line,
    *awkward.ALL,
)
#: How likely somebody stops after a key for so long that what was typed leaves.
_PAUSES = 0.02
_ENCODINGS: tuple[PositionEncoding, ...] = ("utf-8", "utf-16", "utf-32")
#: Letters.
_BY_CHANCE = 2


@dataclass
class Result:
    """What was planted, and what could be read of it."""

    kinds: Counter[str] = field(default_factory=Counter)
    scenarios: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    #: Secrets of which a part had left before they were complete, and the characters of those parts.
    released: int = 0
    released_characters: int = 0
    bodies: int = 0
    body_bytes: int = 0
    saves: int = 0
    seconds: float = 0.0


def run(folder: Path, count: int, seed: int, tell: Callable[[str], None] = lambda _text: None) -> Result:
    """Plant `count` secrets, of all kinds in all ways in turn."""
    result, started = Result(), time.monotonic()
    order = Random(seed)
    kinds, scenarios = order.sample(KINDS, len(KINDS)), order.sample(SCENARIOS, len(SCENARIOS))
    with serving(Capturing) as collector:
        for number in range(count):
            kind, scenario = kinds[number % len(kinds)], scenarios[place(number)]
            name = scenario.__name__.strip("_")
            result.kinds[kind] += 1
            result.scenarios[name] += 1
            home = folder / str(number)
            found = play(home, collector, Random(f"{seed} {number}"), kind, scenario, result)
            result.problems += [f"{number} {kind} {name}: {it}" for it in found]
            shutil.rmtree(home)
            if number % 50 == 49:
                tell(f"{number + 1} secrets, {len(result.problems)} problems")
    result.seconds = time.monotonic() - started
    return result


def place(number: int) -> int:
    """Which scenario is next: one further each time all kinds had their turn, so that every pair comes."""
    return (number + number // lcm(len(KINDS), len(SCENARIOS))) % len(SCENARIOS)


def play(
    home: Path, collector: Capturing, rng: Random, kind: str, scenario: Scenario, result: Result
) -> list[str]:
    """One session with one secret; returns what is wrong with it."""
    scene = Scene(home, collector, rng, rng.choice(_ENCODINGS), _PAUSES)
    it = planting(rng, kind)
    scene.open()
    scenario(scene, it)
    state = scene.finish()
    result.released += collector.redacted > 0
    result.released_characters += collector.redacted
    result.bodies += len(collector.arrivals)
    result.body_bytes += sum(len(arrival.body) for arrival in collector.arrivals)
    verdict = scene.verdict
    result.saves += verdict.saves
    problems = [] if state == "done" else [f"the session is {state}"]
    if verdict.verified is not True:
        problems.append(f"does not verify: {verdict}")
    return problems + leaks(scene, it)


def leaks(scene: Scene, it: Planting) -> list[str]:
    """Where a secret can be read: whole, at any moment; more than half, in what is stored at the end."""
    found = []
    whole_at = whole_since(scene, it)
    for number, arrival in enumerate(scene.collector.arrivals):
        for reading in everything(arrival):
            if it.is_in(reading.text) and not (reading.is_sum and reading.seq < whole_at):
                found.append(f"{it.line!r} stands in {reading.where} of arrival {number}")
                break
    last = scene.collector.arrivals[-1]
    for reading in in_session(last.lines, last.blobs):
        for heart in it.hearts:
            piece = longest(heart, reading.text)
            # Where texts are put together, what comes next may go on like the secret by chance.
            by_chance = _BY_CHANCE if reading.is_sum else 0
            if 2 * (len(piece) - by_chance) > len(heart):
                found.append(f"{piece!r} of {it.line!r} stays in {reading.where}")
                return found
    return found


def whole_since(scene: Scene, it: Planting) -> int:
    """The seq at which the secret first stood whole somewhere: nobody can know it before that."""
    lines = [line.rstrip(b"\n") for line in scene.recorded.disk.lines]
    raw = in_session(lines, scene.kept)
    return min(reading.seq for reading in raw if not reading.is_sum and it.is_in(reading.text))


def longest(secret: str, text: str) -> str:
    """The longest piece of a secret, of 4 characters or more, that a text has."""
    best = ""
    for start in range(len(secret)):
        while len(secret) - start > len(best) and secret[start : start + max(4, len(best) + 1)] in text:
            best = secret[start : start + max(4, len(best) + 1)]
    return best
