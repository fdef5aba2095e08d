"""The breaker and the turns of two models: small machines with a clock or a seed."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lsp_server.completion.breaker import Breaker
from lsp_server.completion.pairs import Turn, Turns


def test_three_failures_in_a_row_open_the_breaker_and_are_told_once() -> None:
    breaker = Breaker()
    assert [breaker.failed("no answer", 0) for _ in range(5)] == [False, False, True, False, False]
    assert (breaker.lets_through(1), breaker.trouble) == (False, "no answer")


def test_a_success_closes_it() -> None:
    breaker = Breaker()
    breaker.failed("no answer", 0)
    breaker.failed("no answer", 0)
    breaker.succeeded()
    breaker.failed("no answer", 0)
    assert (breaker.lets_through(0), breaker.failed("no answer", 0)) == (True, False)


def test_behind_a_pause_one_request_tries_and_the_pauses_grow_to_five_minutes() -> None:
    breaker = Breaker()
    for _ in range(3):
        breaker.failed("no answer", 0)
    tries, now = [], 0.0
    while len(tries) < 9:
        now += 1
        if breaker.lets_through(now):
            assert not breaker.lets_through(now)
            tries.append(now)
            breaker.failed("no answer", now)
    assert [after - before for before, after in pairwise(tries)] == [
        10, 20, 40, 80, 160, 300, 300, 300,
    ]  # fmt: skip


@given(st.text(), st.integers(1, 40))
def test_two_models_take_turns_by_chance_and_as_often(seed: str, blocks: int) -> None:
    turns = Turns(("a", "b"), seed)
    dealt = [turns.next() for _ in range(2 * blocks)]
    assert Counter(dealt) == {Turn("a", "b"): blocks, Turn("b", "a"): blocks}
    again = Turns(("a", "b"), seed)
    assert [again.next() for _ in dealt] == dealt


def test_the_order_is_no_pattern() -> None:
    firsts = {Turns(("a", "b"), str(seed)).next() for seed in range(20)}
    assert len(firsts) == 2


def test_one_model_has_no_rival() -> None:
    assert Turns(("a",), "s").next() == Turn("a", None)
