"""Private keys of several lines, whole and while they are being written."""

from __future__ import annotations

import random

import pytest

from pairlog.rules import Scanner
from tests.support.secrets import pem

BLOCK = Scanner(None, None).block
KEY = pem(random.Random(1)).splitlines()
LAST = len(KEY) - 2


@pytest.mark.parametrize("prefix", ["", "    ", "+", "# ", '"'])
def test_each_line_of_a_key_tells_its_body(prefix: str) -> None:
    lines = ["import os", *(prefix + line for line in KEY), "x = 1"]
    found = [BLOCK(lines, index) for index in range(len(lines))]
    assert found == [None, *([(2, LAST + 1)] * len(KEY)), None]


def test_a_key_without_its_end_goes_on_as_long_as_lines_look_like_one() -> None:
    assert BLOCK([*KEY[:-1], "x = 1"], 3) == (1, LAST)
    assert BLOCK(KEY[:-1], LAST) == (1, LAST)


@pytest.mark.parametrize("begin", ["-----BEGN RSA PRIVATE KEY-----", "-----BEGIN PRIVTE KY-----"])
def test_a_beginning_that_misses_letters_is_one(begin: str) -> None:
    assert BLOCK([begin, *KEY[1:-1]], 3) == (1, LAST)


@pytest.mark.parametrize("begin", ["-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "----------"])
def test_something_public_is_no_private_key(begin: str) -> None:
    assert BLOCK([begin, *KEY[1:-1]], 3) is None


def test_a_key_whose_beginning_is_written_last_is_found_from_there() -> None:
    assert BLOCK(KEY, 0) == (1, LAST)
    assert BLOCK(KEY[1:], 2) is None


def test_a_certificate_and_a_public_key_are_no_secret() -> None:
    for kind in ("CERTIFICATE", "PUBLIC KEY"):
        lines = [f"-----BEGIN {kind}-----", *KEY[1:-1], f"-----END {kind}-----"]
        assert [BLOCK(lines, index) for index in range(len(lines))] == [None] * len(lines)


def test_two_keys_are_two_blocks() -> None:
    lines = [*KEY, *KEY]
    assert (BLOCK(lines, 2), BLOCK(lines, len(KEY) + 2)) == ((1, LAST), (len(KEY) + 1, len(KEY) + LAST))


def test_a_key_of_putty_has_its_lines() -> None:
    lines = ["PuTTY-User-Key-File-3: ssh-rsa", "Private-Lines: 2", KEY[1], KEY[2], "Private-MAC: 00"]
    assert BLOCK(lines, 3) == (2, 3)


@pytest.mark.parametrize("cut", [1, 20, len(KEY[0]) + 1, len(KEY[0]) + 30, len("\n".join(KEY[:4])) - 3])
def test_of_a_key_whose_front_was_cut_off_nothing_is_read(cut: int) -> None:
    rest = "\n".join(KEY)[cut:]
    text = f"[{cut} characters before this were cut]\n{rest}\nthe end\n"
    masked = list(text)
    for found in Scanner(None, None).find(text):
        masked[found.start : found.end] = "*" * (found.end - found.start)
    lines = "".join(masked).splitlines()
    assert [line for line in rest.splitlines() if line in KEY[1:-1] and line in lines] == []
    assert (lines[0], lines[-2:]) == (text.splitlines()[0], [KEY[-1], "the end"])
    assert "-" in rest.splitlines()[0] or set(lines[1]) == {"*"}


def test_where_something_public_ends_nothing_is_masked() -> None:
    text = "\n".join([*KEY[1:-1], "-----END CERTIFICATE-----"])
    assert [it for it in Scanner(None, None).find(text) if it.rule == "private-key"] == []
