"""Secrets that were found before, found again without what stood around them."""

from __future__ import annotations

import pytest

from pairlog.rules import Finding, Known


def test_a_value_is_found_wherever_it_stands() -> None:
    known = Known()
    known.add("Tr0ub4dor")
    assert known.find("xTr0ub4dor Tr0ub4dor") == [Finding(1, 10, "known"), Finding(11, 20, "known")]
    assert known.find("troubador") == []


@pytest.mark.parametrize(
    "word", ["hunter2", "swordfish", "password", "Password", "12345678", "first\nS3cond!", ""]
)
def test_what_could_be_a_word_or_a_number_is_not_remembered(word: str) -> None:
    known = Known()
    known.add(word)
    assert known.find(f"a {word} b") == []


def test_only_the_last_thousand_are_remembered() -> None:
    known = Known()
    values = [f"Va1ue-{number:05}" for number in range(1001)]
    for value in values:
        known.add(value)
    assert [bool(known.find(value)) for value in (values[0], values[1], values[-1])] == [False, True, True]


def test_many_values_are_found_as_few_are() -> None:
    values = [f"Va1ue-{number:05}" for number in range(200)]
    text = f"a {values[3]}{values[150]} b {values[3]}"
    few, many = Known(), Known()
    for value in (values[3], values[150]):
        few.add(value)
    for value in (*values, *values):
        many.add(value)
    assert many.find(text) == few.find(text) != []
