"""No line, however hostile, holds a rule up; bounds are generous, for machines that are busy."""

from __future__ import annotations

import time

import pytest

from pairlog.rules import Scanner, gitleaks, own
from pairlog.rules.rule import Rule

_LENGTH = 100_000
_SECONDS_MAX = 3.0
_PIECES = (
    "a",
    "A",
    "aA1",
    " ",
    "\t",
    "=",
    "'",
    '"',
    "-",
    "_",
    ".",
    "/",
    ":",
    "\\",
    "a.",
    "a_",
    "a-",
    "a@b.c",
)


def hostile(piece: str) -> str:
    return (piece * (_LENGTH // len(piece) + 1))[:_LENGTH]


@pytest.mark.parametrize("rule", [*own.short(), *own.long(), *gitleaks.rules()], ids=lambda it: it.name)
def test_a_rule_takes_time_in_proportion_to_the_text(rule: Rule) -> None:
    word = rule.keywords[0]
    lines = [hostile(piece) for piece in (word, f"{word} ", f"{word}=", f"{word}a1")]
    lines += [word + hostile(piece) for piece in ("a", " ", "=", "aA1", "_", ".", "-")]
    slowest = max(_seconds(rule, line) for line in lines)
    assert slowest < _SECONDS_MAX


def _seconds(rule: Rule, line: str) -> float:
    begun = time.process_time()
    for _ in rule.pattern.compiled.finditer(line):
        pass
    return time.process_time() - begun


@pytest.mark.parametrize(
    "piece",
    [
        *_PIECES,
        "key=====",
        "password=",
        "password: ",
        "-----BEGIN PRIVATE KEY-----",
        "://a:b",
        "1.2.3.",
        "+1 ",
        "/home/",
        "2a:",
    ],
)
def test_a_whole_scan_takes_time_in_proportion_to_the_text(piece: str) -> None:
    begun = time.process_time()
    Scanner("jsmithers", "workhorse7").find(hostile(piece))
    assert time.process_time() - begun < _SECONDS_MAX


def test_a_long_line_is_looked_at_in_a_moment() -> None:
    scanner, line = Scanner("jsmithers", None), hostile("password=")
    begun = time.process_time()
    scanner.find_in_line(line, _LENGTH // 2)
    assert time.process_time() - begun < 0.3
