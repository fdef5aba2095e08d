from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from lsp_server.completion.offers import Offer
from pairlog.events import Change
from tests.lsp_server.completion.offering import NO_ANSWER, Offering

TEXT = "x = \n"
OFFER = Offer("pairlog-1", "total(items)")
REQUESTED = ("pairlog-1", "requested", None, "reported")
SHOWN = ("pairlog-1", "shown", "total(items)", "inferred")


@pytest.fixture
def desk(tmp_path: Path) -> Offering:
    made = Offering(tmp_path)
    made.open(TEXT)
    return made


def shown(desk: Offering) -> Offering:
    assert desk.ask(0, 4) == OFFER
    return desk


def test_a_request_and_what_was_shown_are_recorded_with_all_that_belongs_to_them(desk: Offering) -> None:
    shown(desk)
    first, second = [it for it in desk.events() if it["type"] == "completion"]
    common = {
        "type": "completion",
        "id": "pairlog-1",
        "doc": 1,
        "provider": "127.0.0.1",
        "model": "qwen2.5-coder",
        "surface": "inline",
        "position": [0, 4],
    }
    assert {k: v for k, v in first.items() if k not in ("seq", "t")} == {
        **common, "phase": "requested", "evidence": "reported",
    }  # fmt: skip
    assert {k: v for k, v in second.items() if k not in ("seq", "t")} == {
        **common, "phase": "shown", "text": "total(items)", "latency_ms": 0, "evidence": "inferred",
    }  # fmt: skip


def test_tab_is_accepted_on_the_editors_word(desk: Offering) -> None:
    shown(desk).change((0, 4, 0, 4, "total(items)"))
    desk.offers.watch.accepted("pairlog-1")
    assert desk.causes() == [("total(items)", "completion", "inferred", "pairlog-1")]
    assert desk.told() == [REQUESTED, SHOWN, ("pairlog-1", "accepted", "total(items)", "reported")]


def test_without_a_word_the_text_tells(desk: Offering) -> None:
    shown(desk).change((0, 4, 0, 4, "total(items)"))
    assert desk.told() == [REQUESTED, SHOWN]
    desk.passes(2)
    assert desk.told()[2:] == [("pairlog-1", "accepted", "total(items)", "inferred")]


def test_the_word_may_come_first(desk: Offering) -> None:
    shown(desk).offers.watch.accepted("pairlog-1")
    desk.change((0, 4, 0, 4, "total(items)"))
    assert desk.causes() == [("total(items)", "completion", "reported", "pairlog-1")]
    assert desk.told()[2:] == [("pairlog-1", "accepted", "total(items)", "reported")]


def test_a_last_character_that_was_taken_is_attributed_late(desk: Offering) -> None:
    shown(desk).change((0, 4, 0, 4, "total(items"))
    desk.change((0, 15, 0, 15, ")"))
    desk.offers.watch.accepted("pairlog-1")
    late = [it for it in desk.told() if it[1] != "shown"][1:]
    assert late == [
        ("pairlog-1", "partly_accepted", "total(items", "inferred"),
        ("pairlog-1", "accepted", ")", "reported"),
    ]
    (attribution,) = [it for it in desk.events() if it["type"] == "attribution"]
    assert desk.events()[attribution["of"]]["changes"] == [[0, 15, 0, 15, ")"]]


@pytest.mark.parametrize(
    "changes",
    [
        [(1, 0, 1, 0, "total(items)"), (0, 4, 0, 4, "total(items)")],
        [(0, 4, 0, 4, "total(items)"), (0, 0, 0, 0, "import a\n")],
        [(1, 0, 1, 0, "import a\n"), (0, 4, 0, 4, "total(items)")],
    ],
    ids=["two cursors", "an import above", "an import below"],
)
@pytest.mark.parametrize("comes", ["first", "behind", "never"])
def test_taken_together_with_other_changes(desk: Offering, changes: list[Change], comes: str) -> None:
    shown(desk)
    if comes == "first":
        desk.offers.watch.accepted("pairlog-1")
    desk.change(*changes)
    if comes == "behind":
        desk.offers.watch.accepted("pairlog-1")
    desk.passes(2)
    evidence = "inferred" if comes == "never" else "reported"
    assert desk.told()[2:] == [("pairlog-1", "accepted", "total(items)", evidence)]
    assert [it[1] for it in desk.causes()] == ["completion"]


def test_a_part_that_was_taken_together_with_another_change(desk: Offering) -> None:
    shown(desk)
    for at, key in enumerate("tot", 4):
        desk.change((0, at, 0, at, key))
    desk.change((0, 7, 0, 7, "al"), (1, 0, 1, 0, "y"))
    assert desk.told()[2:] == [("pairlog-1", "partly_accepted", "al", "inferred")]


def test_lines_that_come_above_do_not_end_it(desk: Offering) -> None:
    shown(desk).change((0, 0, 0, 0, "# sums\n"))
    desk.passes(2)
    desk.change((1, 4, 1, 4, "total(items)"))
    desk.passes(2)
    assert desk.told()[2:] == [("pairlog-1", "accepted", "total(items)", "inferred")]


def test_what_the_editor_says_counts_also_where_the_text_is_another_one(desk: Offering) -> None:
    shown(desk).change((0, 4, 0, 4, "sum(the_items_of_this_cart)"))
    desk.change((1, 0, 1, 0, "y"))
    desk.offers.watch.accepted("pairlog-1")
    desk.passes(2)
    assert desk.told()[2:] == [("pairlog-1", "accepted", "total(items)", "reported")]
    (attribution,) = [it for it in desk.events() if it["type"] == "attribution"]
    assert (attribution["cause"], attribution["ref"]) == ("completion", "pairlog-1")
    assert desk.events()[attribution["of"]]["changes"] == [[0, 4, 0, 4, "sum(the_items_of_this_cart)"]]


def test_typed_undone_and_redone_is_typed(desk: Offering) -> None:
    shown(desk)
    for at, key in enumerate("total", 4):
        desk.change((0, at, 0, at, key))
    desk.change((0, 4, 0, 9, ""))
    desk.change((0, 4, 0, 4, "total"))
    desk.offers.end()
    assert desk.causes() == []
    assert desk.told()[2:] == [("pairlog-1", "typed_through", "total", "inferred")]


@pytest.mark.parametrize("is_said", [True, False])
def test_taken_undone_offered_again_and_redone_is_taken_once_unless_the_editor_says_more(
    desk: Offering, is_said: bool
) -> None:
    shown(desk).change((0, 4, 0, 4, "total(items)"))
    desk.offers.watch.accepted("pairlog-1")
    desk.change((0, 4, 0, 16, ""))
    assert desk.ask(0, 4) == Offer("pairlog-2", "total(items)")
    desk.change((0, 4, 0, 4, "total(items)"))
    if is_said:
        desk.offers.watch.accepted("pairlog-2")
    desk.passes(2)
    desk.offers.end()
    ends = [it for it in desk.told() if it[1] not in ("requested", "shown")]
    assert ends == [
        ("pairlog-1", "accepted", "total(items)", "reported"),
        ("pairlog-2", "accepted", "total(items)", "reported")
        if is_said
        else ("pairlog-2", "ignored", None, "inferred"),
    ]


def test_typing_on_inside_it_is_answered_without_asking(desk: Offering) -> None:
    shown(desk).change((0, 4, 0, 4, "t"))
    assert desk.ask(0, 5) == Offer("pairlog-1", "otal(items)")
    desk.change((0, 5, 0, 5, "x"))
    desk.change((0, 5, 0, 6, ""))
    desk.change((0, 5, 0, 5, "o"))
    assert desk.ask(0, 6) == Offer("pairlog-1", "tal(items)")
    assert (len(desk.asked), desk.told()) == (1, [REQUESTED, SHOWN])


def test_typed_through_after_a_slip_that_had_its_own_suggestion(desk: Offering) -> None:
    shown(desk).change((0, 4, 0, 4, "t"))
    desk.change((0, 5, 0, 5, "a"))
    assert desk.ask(0, 6) == Offer("pairlog-2", "total(items)")
    desk.change((0, 5, 0, 6, ""))
    for at, key in enumerate("otal(items)", 5):
        desk.change((0, at, 0, at, key))
    desk.passes(2)
    assert desk.told()[2:] == [
        ("pairlog-2", "requested", None, "reported"),
        ("pairlog-2", "shown", "total(items)", "inferred"),
        ("pairlog-2", "ignored", None, "inferred"),
        ("pairlog-1", "typed_through", "total(items)", "inferred"),
    ]


def test_what_is_taken_of_one_decides_the_others(desk: Offering) -> None:
    shown(desk).change((0, 4, 0, 4, "y"))
    assert desk.ask(0, 5) == Offer("pairlog-2", "total(items)")
    desk.change((0, 5, 0, 5, "total(items)"))
    desk.offers.watch.accepted("pairlog-2")
    assert desk.told()[4:] == [
        ("pairlog-1", "ignored", None, "inferred"),
        ("pairlog-2", "accepted", "total(items)", "reported"),
    ]


def test_typed_in_part_and_left(desk: Offering) -> None:
    shown(desk)
    for at, key in enumerate("total", 4):
        desk.change((0, at, 0, at, key))
    desk.observe(type="select", uri=desk.uri("cart.py"), selections=[[1, 0, 1, 0]])
    assert desk.told()[2:] == [("pairlog-1", "typed_through", "total", "inferred")]


def test_turned_away(desk: Offering) -> None:
    shown(desk).offers.watch.rejected(desk.uri("cart.py"))
    desk.offers.end()
    assert desk.told()[2:] == [("pairlog-1", "rejected", None, "reported")]


@pytest.mark.parametrize("way", ["close", "wait", "end", "elsewhere", "whole text"])
def test_ignored(desk: Offering, way: str) -> None:
    shown(desk)
    if way == "close":
        desk.offers.close(desk.uri("cart.py"))
    elif way == "wait":
        desk.passes(121)
    elif way == "end":
        desk.offers.end()
    elif way == "elsewhere":
        desk.change((1, 0, 1, 0, "y"))
        desk.passes(2)
    else:
        desk.change((0, 0, -1, 0, "another"))
    assert desk.told()[2:] == [("pairlog-1", "ignored", None, "inferred")]


def test_an_edit_that_the_editor_explains_is_not_taken(desk: Offering) -> None:
    shown(desk).observe(type="cause", uri=desk.uri("cart.py"), cause="paste")
    desk.change((0, 4, 0, 4, "total(items)"))
    desk.offers.end()
    assert desk.causes() == []
    assert desk.told()[2:] == [("pairlog-1", "ignored", None, "inferred")]


def test_what_happens_in_another_document_changes_nothing(desk: Offering) -> None:
    desk.open("", "other.py")
    shown(desk).change((0, 0, 0, 0, "total(items)"), name="other.py")
    assert desk.told() == [REQUESTED, SHOWN]


def test_the_session_verifies(desk: Offering) -> None:
    shown(desk).change((0, 4, 0, 4, "total(items)"))
    desk.save("x = total(items)\n")
    desk.offers.end()
    desk.recording.end("shutdown")
    assert desk.verified()


# -- what is asked, and what is not --------------------------------------------------------------------------


def test_a_newer_request_supersedes_one_that_waits(desk: Offering) -> None:
    async def twice() -> list[Offer | None]:
        first = asyncio.ensure_future(desk.answer(0, 4))
        await asyncio.sleep(0)
        return [await desk.answer(0, 4), await first]

    assert desk.run(twice()) == [OFFER, None]
    assert len(desk.asked) == 1


def test_a_text_that_changed_meanwhile_gets_no_suggestion(desk: Offering) -> None:
    desk.held["qwen2.5-coder"] = asyncio.Event()

    async def late() -> Offer | None:
        waiting = asyncio.ensure_future(desk.answer(0, 4))
        while not desk.asked:
            await asyncio.sleep(0)
        desk.change((0, 4, 0, 4, "t"))
        desk.held["qwen2.5-coder"].set()
        return await waiting

    assert desk.run(late()) is None
    assert desk.told() == [REQUESTED]


def test_the_same_place_again_is_answered_from_what_is_known(desk: Offering) -> None:
    shown(desk).offers.watch.rejected(desk.uri("cart.py"))
    assert desk.ask(0, 4) == Offer("pairlog-2", "total(items)")
    assert len(desk.asked) == 1
    first, second = [it for it in desk.events() if it.get("phase") == "shown"]
    assert (first["latency_ms"], first.get("reason")) == (0, None)
    assert (second.get("latency_ms"), second["reason"]) == (None, "cached")


def test_who_asks_by_a_key_of_their_own_hears_it_anew(desk: Offering) -> None:
    shown(desk).offers.watch.rejected(desk.uri("cart.py"))
    desk.says = lambda _model, _context: "sum(items)"
    assert desk.ask(0, 4, is_invoked=True) == Offer("pairlog-2", "sum(items)")
    desk.offers.watch.rejected(desk.uri("cart.py"))
    assert desk.ask(0, 4) == Offer("pairlog-3", "sum(items)")
    assert len(desk.asked) == 2


def test_a_model_that_had_nothing_is_asked_again(desk: Offering) -> None:
    desk.says = lambda _model, _context: ""
    assert [desk.ask(0, 4), desk.ask(0, 4)] == [None, None]
    desk.says = lambda _model, _context: "total(items)"
    assert desk.ask(0, 4) == Offer("pairlog-3", "total(items)")
    assert len(desk.asked) == 3


def test_where_nothing_is_recorded_nothing_is_asked(desk: Offering) -> None:
    desk.recording.pause()
    assert (desk.ask(0, 4), desk.asked) == (None, [])
    desk.recording.resume()
    assert desk.ask(0, 4) == OFFER


def test_a_denied_file_gets_no_completion(desk: Offering) -> None:
    desk.open("TOKEN=\n", ".env")
    assert (desk.ask(0, 6, ".env"), desk.asked) == (None, [])


def test_a_document_that_is_not_open_gets_none(desk: Offering) -> None:
    assert [desk.ask(0, 0, "other.py"), desk.ask(9, 0), desk.ask(-1, 0)] == [None] * 3


@pytest.mark.parametrize(("url", "count"), [("http://127.0.0.1:1/v1", 1), ("https://models.example/v1", 0)])
def test_at_the_level_metadata_no_text_leaves_the_machine(tmp_path: Path, url: str, count: int) -> None:
    desk = Offering(tmp_path, url=url, level="metadata")
    desk.open(TEXT)
    desk.ask(0, 4)
    assert len(desk.asked) == count


def test_a_dead_endpoint_is_told_of_once_and_left_alone(tmp_path: Path) -> None:
    desk = Offering(tmp_path, lambda _model, _context: NO_ANSWER)
    desk.open(TEXT)
    for column in range(4):
        assert desk.ask(0, column) is None
    desk.passes(1)
    assert len(desk.asked) == 3
    (message,) = desk.messages
    assert message == (
        "Pairlog offers no completions: http://127.0.0.1:1/v1: no whole answer within 5 s; "
        "it goes on trying, in growing pauses"
    )
    assert desk.statuses[-1][1].endswith("no completions: http://127.0.0.1:1/v1: no whole answer within 5 s")

    desk.says = lambda _model, _context: "total(items)"
    desk.passes(6)
    assert desk.ask(0, 4) is not None
    desk.passes(1)
    assert "no completions" not in desk.statuses[-1][1]


# -- two models ----------------------------------------------------------------------------------------------


def pair(tmp_path: Path) -> Offering:
    desk = Offering(tmp_path, lambda model, _context: f"{model}()", models=["one", "two"])
    desk.open(TEXT)
    return desk


def test_of_two_models_one_is_shown_and_what_the_other_says_is_recorded(tmp_path: Path) -> None:
    desk = pair(tmp_path)
    offer = desk.ask(0, 4)
    assert offer is not None and offer.id == "pairlog-1"
    winner = offer.text[:-2]
    other = {"one": "two", "two": "one"}[winner]
    told = [
        (it["id"], it["phase"], it["model"], it.get("text"), it.get("rival"))
        for it in desk.events()
        if it["type"] == "completion"
    ]
    assert told == [
        ("pairlog-1", "requested", winner, None, None),
        ("pairlog-2", "requested", other, None, None),
        ("pairlog-1", "shown", winner, f"{winner}()", "pairlog-2"),
        ("pairlog-2", "requested", other, f"{other}()", "pairlog-1"),
    ]


def test_each_model_is_shown_as_often(tmp_path: Path) -> None:
    desk = pair(tmp_path)
    texts = []
    for count in range(10):
        offer = desk.ask(0, 4)
        assert offer is not None
        texts.append(offer.text)
        desk.change((0, 0, 0, 0, "y"))
        desk.change((0, 0, 0, 1, ""))
        assert len(texts) == count + 1
    assert sorted(texts) == ["one()"] * 5 + ["two()"] * 5


def test_a_slow_rival_keeps_nobody_waiting_and_is_recorded_when_it_comes(tmp_path: Path) -> None:
    desk = pair(tmp_path)

    async def ask() -> Offer | None:
        desk.held = {"one": asyncio.Event(), "two": asyncio.Event()}
        waiting = asyncio.ensure_future(desk.answer(0, 4))
        while len(desk.asked) < 2:
            await asyncio.sleep(0)
        shown_model = desk.asked[0][0]
        desk.held[shown_model].set()
        offer = await waiting
        desk.change((0, 4, 0, 4, "z"))
        for event in desk.held.values():
            event.set()
        return offer

    assert desk.run(ask()) is not None
    assert desk.told()[-1][:2] == ("pairlog-2", "requested")
    assert desk.told()[-1][2] is not None


def test_where_one_of_two_models_is_dead_the_other_is_shown_alone(tmp_path: Path) -> None:
    desk = pair(tmp_path)
    desk.says = lambda model, _context: "total(items)" if model == "one" else NO_ANSWER
    shown = []
    for _ in range(20):
        shown.append(desk.ask(0, 4, is_invoked=True))
        desk.offers.watch.rejected(desk.uri("cart.py"))
    (message,) = desk.messages
    assert message.startswith("Pairlog offers no completions of two: ")
    assert [model for model, _ in desk.asked].count("two") == 3
    # Until it is known that the other one is dead, it had turns of its own.
    assert 0 < shown.count(None) <= 3 and None not in shown[6:]
    desk.passes(1)
    assert "no completions of two" in desk.statuses[-1][1]
