from __future__ import annotations

from tests.truth.measure import Case, Labelled, Quality, Told, Truth, cases, misses, qualities

PASTE = Truth(3, "paste", "inferred", "a line from outside")


def test_what_was_told_is_found_under_its_key() -> None:
    told = [Told(3, "paste", "inferred"), Told(4, "undo", "reported")]
    assert cases([Labelled([PASTE], told)]) == [Case(PASTE, told[0]), Case(None, told[1])]


def test_of_two_that_were_told_the_right_one_counts_and_the_other_is_wrong() -> None:
    wrong, right = Told(3, "typed", "inferred"), Told(3, "paste", "inferred")
    assert cases([Labelled([PASTE], [wrong, right])]) == [Case(PASTE, right), Case(None, wrong)]


def test_sessions_do_not_mix() -> None:
    told = Told(3, "paste", "inferred")
    made = cases([Labelled([PASTE], []), Labelled([], [told])])
    assert made == [Case(PASTE, None), Case(None, told)]


def test_precision_goes_by_the_evidence_told_and_recall_by_the_one_possible() -> None:
    compared = [
        Case(PASTE, Told(3, "paste", "inferred")),
        Case(PASTE, Told(3, "typed", "inferred")),
        Case(PASTE._replace(evidence="reported"), Told(3, "paste", "inferred")),
        Case(None, Told(9, "paste", "inferred")),
    ]
    assert qualities(compared) == [
        Quality("paste", "inferred", done=2, done_and_right=1, told=3, told_and_right=2),
        Quality("paste", "reported", done=1, done_and_right=1),
        Quality("typed", "inferred", told=1),
    ]
    assert [(it.precision, it.recall) for it in qualities(compared)] == [(2 / 3, 0.5), (None, 1), (0, None)]


def test_a_miss_is_told_in_words() -> None:
    told = Told(3, "typed", "inferred")
    compared = [Case(PASTE, told), Case(PASTE, told), Case(PASTE, None), Case(None, told)]
    assert misses([*compared, Case(PASTE, Told(3, "paste", "inferred"))]) == {
        "a line from outside: paste, told as typed (inferred)": 2,
        "a line from outside: paste, told as nothing": 1,
        "nothing was done, told as typed (inferred)": 1,
    }
