"""How much is masked where nothing is secret: recorded typing, and the sources of the standard library."""

from __future__ import annotations

import sys
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from pairlog.rules import Scanner
from tests import corpus
from tests.bench.row import Row

#: Folders that are not the standard library's own sources.
_TESTS = frozenset(("test", "tests", "idle_test"))
_SHARE_MAX_PERCENT = 0.5
_RULES_SHOWN = 8


def rows() -> Iterable[Row]:
    if corpus.present():
        yield from _measured("recorded typing, final texts", _final_texts())
        yield from _measured("recorded typing, every line as it stood", _typed_lines())
    else:
        yield Row("false alarms in recorded typing: skipped, the traces are not here", 0, "")
    yield from _measured("standard library", _library(tests=False))
    yield from _measured("standard library, its tests too", _library(tests=True))


def masked(texts: Iterable[str]) -> tuple[float, Counter[str]]:
    """The percentage of characters that are masked, and how many each rule masks."""
    scanner, total, by_rule = Scanner(), 0, Counter[str]()
    for text in texts:
        total += len(text)
        for found in scanner.find(text):
            by_rule[found.rule] += found.end - found.start
    return 100 * by_rule.total() / max(1, total), by_rule


def _measured(name: str, texts: Iterable[str]) -> Iterator[Row]:
    share, by_rule = masked(texts)
    rules = ", ".join(f"{rule} {length:,}" for rule, length in by_rule.most_common(_RULES_SHOWN)) or "none"
    print(f"alarms: characters masked in {name}: {rules}", file=sys.stderr)
    yield Row(f"masked in {name}", share, "%", _SHARE_MAX_PERCENT)


def _final_texts() -> Iterator[str]:
    return (corpus.load(name).end for name in corpus.NAMES)


def _typed_lines() -> Iterator[str]:
    """Each line that an edit touched, as it stood behind it; the same line again counts again."""
    for name in corpus.NAMES:
        trace = corpus.load(name)
        document = corpus.Document(trace.start, "utf-16")
        for changes in trace.edits:
            document.apply(changes)
            for line, _, _, _, text in changes:
                yield from document.lines[line : line + text.count("\n") + 1]


def _library(tests: bool) -> Iterator[str]:
    root = Path(sysconfig.get_path("stdlib"))
    for file in sorted(root.rglob("*.py")):
        parts = set(file.relative_to(root).parts)
        if "site-packages" in parts or (not tests and parts & _TESTS):
            continue
        yield file.read_text(encoding="utf-8", errors="replace")
