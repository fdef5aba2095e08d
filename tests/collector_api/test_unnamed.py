"""Contents that came ahead of lines that never came go after a day; those that anything needs stay."""

from __future__ import annotations

from hashlib import sha256

from collector_api.unnamed import EVERY_S, KEPT_S, Unnamed
from tests.collector_api.driver import SESSION, Collector, line, session_lines

CONTENT, OTHER = b"a content that was sent ahead", b"what stands in for another one"
DIGEST, OTHER_DIGEST = sha256(CONTENT).hexdigest(), sha256(OTHER).hexdigest()
OPENED = line(1, "open", doc=1, path="b.py", why="opened", source="disk", blob=DIGEST)


class Day:
    """The hours of a day and more, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, unnamed: Unnamed) -> int:
        """How many bytes go within a day."""
        freed = 0
        for _ in range(int(KEPT_S / EVERY_S) + 1):
            freed += unnamed.drop()
            self.now += EVERY_S
        return freed


def test_a_content_whose_session_was_erased_before_its_line_came_goes_after_a_day(
    collector: Collector, mine: str
) -> None:
    collector.send(mine, session_lines()[:1])
    collector.put(mine, CONTENT)
    collector.ask(mine, "DELETE", f"/v1/sessions/{SESSION}")
    assert collector.send(mine, [OPENED]).status_code == 410
    day = Day()
    unnamed = Unnamed(collector.store, day)
    assert unnamed.drop() == 0
    day.now = KEPT_S - 1
    assert unnamed.drop() == 0
    assert collector.bytes_counted() == (len(CONTENT), len(CONTENT))
    day.now = KEPT_S + EVERY_S
    assert unnamed.drop() == len(CONTENT)
    assert collector.bytes_counted() == (0, 0)


def test_what_is_named_stays(collector: Collector, mine: str) -> None:
    collector.put(mine, CONTENT)
    collector.send(mine, [session_lines()[0], OPENED])
    day = Day()
    assert day.pass_by(Unnamed(collector.store, day)) == 0


def test_what_a_redaction_will_put_in_the_place_of_another_stays(collector: Collector, mine: str) -> None:
    collector.put(mine, OTHER)
    assert collector.redact(mine, blobs=[[DIGEST, OTHER_DIGEST]]).status_code == 200
    day = Day()
    assert day.pass_by(Unnamed(collector.store, day)) == 0
