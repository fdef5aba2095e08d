"""Personal data: what is masked of it, and what many have."""

from __future__ import annotations

import pytest

from pairlog.rules import Scanner

SCANNER = Scanner("jsmithers", "workhorse7.local")


def found(text: str) -> list[tuple[str, str]]:
    return [(it.rule, text[it.start : it.end]) for it in SCANNER.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# mail jane.doe+x@corp.co.uk now", [("email", "jane.doe+x@corp.co.uk")]),
        ("tel: +49 170 1234567", [("phone", "+49 170 1234567")]),
        ("call (415) 867-5309 or 415-867-5309", [("phone", "(415) 867-5309"), ("phone", "415-867-5309")]),
        ("host = '93.184.216.34:443'", [("ip-address", "93.184.216.34")]),
        ("ping 2606:2800:220:1:248:1893:25c8:1946", [("ip-address", "2606:2800:220:1:248:1893:25c8:1946")]),
        ("/home/jdoe/src/a.py", [("home-folder", "jdoe")]),
        ("file:///Users/jdoe/a.py", [("home-folder", "jdoe")]),
        (r"C:\Users\jdoe\a.py", [("home-folder", "jdoe")]),
        (r'"C:\\Users\\jdoe\\a.py"', [("home-folder", "jdoe")]),
        (
            "JSmithers wrote jsmithers_notes on workhorse7",
            [("name", "JSmithers"), ("name", "jsmithers"), ("name", "workhorse7")],
        ),
        ("jsmithers@workhorse7:~$", [("name", "jsmithers"), ("name", "workhorse7")]),
    ],
)
def test_what_tells_somebody_is_masked(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "jane@example.com, joe@mail.example.org, git@github.com:a/b.git, icon@2x.png",
        "@app.route and user@localhost",
        "127.0.0.1 10.1.2.3 192.168.1.1 172.16.0.1 169.254.1.1 192.0.2.7 198.51.100.7 203.0.113.7 8.8.8.8",
        "::1 fe80::1 fd00::1 2001:db8::1 std::vec::Vec a::b 20:30:15",
        "version 11.22.33.44, pip install package==11.22.33.44, section 1.2.3.4",
        "1234567890 0xdeadbeef 3.14159265358979 2026-11-25 12:30:45 1_000_000_000 +1.5e10",
        "(415) 555-0132",
        "/home/runner/work, /home/$USER, /home/<name>, C:\\Users\\Public, /Users/Shared",
        "https://a.org/home/index.html",
    ],
)
def test_what_tells_nobody_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("name", ["root", "runner", "bob", "admin", None])
def test_a_name_that_is_short_or_that_many_have_is_no_word_to_mask(name: str | None) -> None:
    assert Scanner(name, name).find(f"the {name} of {name}") == []
