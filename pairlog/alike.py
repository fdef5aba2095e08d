"""Which characters of a text are still those of the text that stood there before."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from itertools import accumulate
from typing import TypeAlias

from pairlog.document import split_lines

#: What is the same: where it begins in the old text and in the new one, and how many.
Same: TypeAlias = tuple[int, int, int]

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
#: Comparing tokens costs up to the product of their numbers.
_TOKENS_MAX = 2000


def ends(old: str, new: str) -> tuple[int, int]:
    """How many characters are the same at the beginning and, behind those, at the end."""
    shorter = min(len(old), len(new))
    head = _longest(shorter, lambda length: old[:length] == new[:length])
    tail = _longest(shorter - head, lambda length: old[len(old) - length :] == new[len(new) - length :])
    return head, tail


def same(old: str, new: str) -> list[Same]:
    """The characters that are the same: at both ends, in lines up to their indentation, in words."""
    head, tail = ends(old, new)
    found = [(0, 0, head)]
    if head + tail < min(len(old), len(new)):
        middle = _lines(old[head : len(old) - tail], new[head : len(new) - tail])
        found += [(head + a, head + b, length) for a, b, length in middle]
    found.append((len(old) - tail, len(new) - tail, tail))
    return [part for part in found if part[2]]


def _longest(limit: int, fits: Callable[[int], bool]) -> int:
    """The greatest length up to `limit` that fits, where every shorter one does too."""
    low = 0
    while low < limit:
        middle = (low + limit + 1) // 2
        if fits(middle):
            low = middle
        else:
            limit = middle - 1
    return low


def _lines(old: str, new: str) -> Iterator[Same]:
    old_lines, new_lines = split_lines(old), split_lines(new)
    old_at, new_at = [0, *accumulate(map(len, old_lines))], [0, *accumulate(map(len, new_lines))]
    matcher = SequenceMatcher(
        None, [line.strip() for line in old_lines], [line.strip() for line in new_lines]
    )
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        if tag == "equal":
            for i, j in zip(range(a, a_end), range(b, b_end), strict=True):
                yield from _indented(old_lines[i], new_lines[j], old_at[i], new_at[j])
        elif tag == "replace":
            for i, j, length in _tokens(old[old_at[a] : old_at[a_end]], new[new_at[b] : new_at[b_end]]):
                yield old_at[a] + i, new_at[b] + j, length


def _indented(old: str, new: str, old_at: int, new_at: int) -> Iterator[Same]:
    body = old.strip()
    if old == new:
        yield old_at, new_at, len(old)
    elif body:
        yield old_at + old.index(body), new_at + new.index(body), len(body)


def _tokens(old: str, new: str) -> Iterator[Same]:
    old_tokens, new_tokens = _TOKEN.findall(old), _TOKEN.findall(new)
    old_at, new_at = [0, *accumulate(map(len, old_tokens))], [0, *accumulate(map(len, new_tokens))]
    for i, j, size in _blocks(old_tokens, new_tokens):
        yield old_at[i], new_at[j], old_at[i + size] - old_at[i]


def _blocks(old: list[str], new: list[str]) -> Iterator[Same]:
    """Tokens that are the same; where they are many, around those that stand once on either side."""
    at, new_at = 0, 0
    anchors = _anchors(old, new) if max(len(old), len(new)) > _TOKENS_MAX else []
    for i, j in [*anchors, (len(old), len(new))]:
        while at < i and new_at < j and old[at] == new[new_at]:
            yield at, new_at, 1
            at, new_at = at + 1, new_at + 1
        if at < i and new_at < j and max(i - at, j - new_at) <= _TOKENS_MAX:
            matcher = SequenceMatcher(None, old[at:i], new[new_at:j])
            yield from ((at + a, new_at + b, size) for a, b, size in matcher.get_matching_blocks())
        at, new_at = i, j


def _anchors(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """The most tokens that stand once in either text, in the same order in both."""
    counts, new_counts = Counter(old), Counter(new)
    places = {token: number for number, token in enumerate(old) if counts[token] == 1}
    pairs = [(places[it], number) for number, it in enumerate(new) if it in places and new_counts[it] == 1]
    # The longest increasing subsequence, by patience sorting.
    tops: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for number, (place, _) in enumerate(pairs):
        pile = bisect_left(tops, place)
        before.append(last[pile - 1] if pile else -1)
        tops[pile : pile + 1] = [place]
        last[pile : pile + 1] = [number]
    chain = []
    number = last[-1] if last else -1
    while number >= 0:
        chain.append(pairs[number])
        number = before[number]
    return chain[::-1]
