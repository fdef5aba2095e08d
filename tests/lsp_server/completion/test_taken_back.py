"""What becomes of suggestions when minutes are taken back, a session ends, or consent is withdrawn."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lsp_server.completion.offers import Offer
from pairlog.consent import parse
from tests.lsp_server.completion.offering import Offering

TEXT = "x = \n"
FAR = "https://models.example/v1"


def _typed(desk: Offering, text: str, column: int = 4) -> None:
    for at, key in enumerate(text, column):
        desk.change((0, at, 0, at, key))


def _forget_all(desk: Offering) -> None:
    now = desk.wall_ns // 10**6
    desk.recording.forget(now - 5_000, now)


def test_a_suggestion_that_was_being_typed_is_told_no_more_once_it_is_forgotten(tmp_path: Path) -> None:
    desk = Offering(tmp_path, lambda _model, _context: "bob_liu = 7")
    desk.open(TEXT)
    desk.passes(100)
    desk.ask(0, 4)
    _typed(desk, "bob_liu")
    _forget_all(desk)
    _typed(desk, " = 7", 11)
    desk.passes(3)
    assert desk.told() == []


def test_what_was_answered_in_forgotten_minutes_is_asked_anew(tmp_path: Path) -> None:
    desk = Offering(tmp_path)
    desk.open(TEXT)
    desk.ask(0, 4)
    desk.offers.watch.rejected(desk.uri("cart.py"))
    _forget_all(desk)
    desk.ask(0, 4)
    assert len(desk.asked) == 2


def test_what_is_being_asked_while_minutes_are_forgotten_is_not_shown(tmp_path: Path) -> None:
    desk = Offering(tmp_path)
    desk.open(TEXT)
    desk.passes(100)

    async def ask() -> Offer | None:
        desk.held["qwen2.5-coder"] = asyncio.Event()
        answer = asyncio.ensure_future(desk.answer(0, 4))
        while not desk.asked:
            await asyncio.sleep(0)
        _forget_all(desk)
        desk.held["qwen2.5-coder"].set()
        return await answer

    assert desk.run(ask()) is None
    assert desk.told() == []


def test_what_another_model_says_after_minutes_were_forgotten_is_not_recorded(tmp_path: Path) -> None:
    desk = Offering(tmp_path, models=["one", "two"])
    desk.open(TEXT)
    desk.passes(100)

    async def ask() -> Offer | None:
        desk.held = {"one": asyncio.Event(), "two": asyncio.Event()}
        answer = asyncio.ensure_future(desk.answer(0, 4))
        while len(desk.asked) < 2:
            await asyncio.sleep(0)
        (shown, _), (rival, _) = desk.asked
        desk.held[shown].set()
        offer = await answer
        _forget_all(desk)
        desk.held[rival].set()
        return offer

    assert desk.run(ask()) is not None
    assert desk.told() == []


@pytest.mark.parametrize(("url", "count"), [("http://127.0.0.1:1/v1", 1), (FAR, 0)])
def test_a_text_in_which_forgotten_characters_stand_goes_to_no_other_machine(
    tmp_path: Path, url: str, count: int
) -> None:
    desk = Offering(tmp_path, url=url)
    desk.open(TEXT)
    desk.passes(100)
    _typed(desk, "bob")
    _forget_all(desk)
    desk.ask(0, 7)
    assert len(desk.asked) == count


def test_an_edit_of_a_new_session_is_no_completion_of_the_one_before(tmp_path: Path) -> None:
    desk = Offering(tmp_path)
    desk.open(TEXT)
    desk.ask(0, 4)
    desk.recording.choose(parse("metadata"))
    desk.passes(1)
    desk.change((0, 4, 0, 4, "total(items)"))
    desk.passes(3)
    assert len(desk.sessions) == 2
    assert [it for it in desk.events(1) if it.get("ref") or it["type"] == "completion"] == []


def test_where_consent_was_taken_back_while_all_slept_nothing_is_asked(tmp_path: Path) -> None:
    desk = Offering(tmp_path)
    desk.open(TEXT)
    desk.passes(31 * 60)
    desk.recording.choose(parse("off"))
    desk.passes(1)
    assert desk.ask(0, 4) is None
    assert desk.asked == []


def test_what_is_over_when_the_offers_end_hears_of_nothing(tmp_path: Path) -> None:
    desk = Offering(tmp_path)
    desk.open(TEXT)
    desk.ask(0, 4)
    desk.recording.choose(parse("off"))
    desk.passes(1)
    desk.offers.end()
    assert desk.events()[-1]["type"] == "end"
