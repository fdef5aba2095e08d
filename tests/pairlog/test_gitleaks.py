"""The patterns of gitleaks as we carry them: whole, with credit, and found behind the prefilter."""

from __future__ import annotations

import json
import random
import re
import string
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from pairlog.rules import Scanner, gitleaks
from pairlog.rules.rule import Rule

_DATA = json.loads(gitleaks.FILE.read_text(encoding="utf-8"))
_ALNUM = string.ascii_letters + string.digits
#: Their pattern takes small letters alone; the scanner asks for a digit or capitals, as tokens have them.
_SMALL_LETTERS = {"huggingface-access-token", "huggingface-organization-api-token", "dropbox-api-token"}
_SCANNER = Scanner()


def test_all_rules_are_there_or_named_as_left_out() -> None:
    assert len(_DATA["rules"]) + len(_DATA["left_out"]) == 222
    assert {"source", "version", "commit", "licence", "changes"} <= _DATA.keys()
    assert "MIT License" in (gitleaks.FILE.parent / "LICENSE").read_text(encoding="utf-8")


def test_none_is_compiled_before_it_is_needed() -> None:
    rule = Rule("never", "(", ("keyword",), 0)
    assert rule.name == "never"


@pytest.mark.parametrize("rule", gitleaks.rules(), ids=lambda it: it.name)
def test_what_a_rule_describes_is_found_behind_the_prefilter(rule: Rule) -> None:
    rng = random.Random(1)
    tree = parser.parse(rule.pattern.source, re.ASCII)
    left = [text for text in (_example(rng, tree) for _ in range(20)) if _is_missed(rule, text)]
    assert left == [] or rule.name in _SMALL_LETTERS


def _is_missed(rule: Rule, text: str) -> bool:
    """Whether the scanner leaves out what the rule finds in a line with its keyword, and long enough."""
    if len(text) < 14 or re.search("[\r\n]", text) or not any(it in text.lower() for it in rule.keywords):
        return False
    covered = _SCANNER.find(text)
    return not all(
        any(it.start <= found.start and found.end <= it.end for it in covered) for found in rule.find(text)
    )


def _example(rng: random.Random, tree: Any) -> str:
    """A text that the pattern matches, as far as one can say without what it asks for before and behind."""
    made = ""
    for operation, argument in tree:
        match str(operation):
            case "LITERAL":
                made += chr(argument)
            case "ANY" | "NOT_LITERAL":
                made += "."
            case "IN":
                made += rng.choice(_letters(argument))
            case "BRANCH":
                made += _example(rng, rng.choice(argument[1]))
            case "SUBPATTERN":
                made += _example(rng, argument[3])
            case "MAX_REPEAT" | "MIN_REPEAT":
                least, most, repeated = argument
                made += "".join(
                    _example(rng, repeated) for _ in range(rng.randint(least, min(most, least + 3)))
                )
    return made


def _letters(items: Any) -> list[str]:
    letters: list[str] = []
    for operation, argument in items:
        match str(operation):
            case "LITERAL":
                letters.append(chr(argument))
            case "RANGE":
                letters += map(chr, range(argument[0], argument[1] + 1))
            case "CATEGORY":
                letters += {"WORD": f"{_ALNUM}_", "DIGIT": string.digits, "SPACE": " "}.get(
                    str(argument).removeprefix("CATEGORY_"), _ALNUM
                )
    if str(items[0][0]) == "NEGATE":
        return [it for it in f"{_ALNUM} " if it not in letters]
    return letters
