"""What the scanner finds, and what it leaves alone."""

from __future__ import annotations

import random
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairlog.rules import PERSONAL, Finding, Scanner, own
from pairlog.rules.finding import merged
from tests.support.secrets import BASE64, KINDS, contexts, pem, placed, planted, some

SCANNER = Scanner("jsmithers", "workhorse7.local")


def masked(text: str) -> str:
    """The text as it would be sent."""
    made = list(text)
    for start, end, _ in SCANNER.find(text):
        made[start:end] = [it if it == "\n" else "*" for it in made[start:end]]
    return "".join(made)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_found_in_all_its_surroundings(kind: str) -> None:
    rng = random.Random(zlib.crc32(kind.encode()))
    left = []
    for template in contexts(kind):
        for _ in range(5):
            secret = KINDS[kind](rng)
            line = placed(template, kind, secret)
            if masked(line).count(secret) or not _covers(line, secret):
                left.append(line)
    assert left == []


def _covers(line: str, secret: str) -> bool:
    at = line.index(secret)
    return any(it.start <= at and at + len(secret) <= it.end for it in SCANNER.find(line))


def test_there_are_25_kinds_and_more() -> None:
    assert len(KINDS) >= 25


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ('password = "hunter2"', 'password = "*******"'),
        ("password: swordfish7", "password: **********"),
        ("db.password=letmein99", "db.password=*********"),
        ("DB_PASSWORD=swordfish", "DB_PASSWORD=*********"),
        ("PGPASSWORD=swordfish psql -h db app", "PGPASSWORD=********* psql -h db app"),
        ('passphrase = "correct horse battery staple"', 'passphrase = "****************************"'),
        ("#define DB_PASSWORD 'swordfish'", "#define DB_PASSWORD '*********'"),
        ('char password[32] = "hunter2";', 'char password[32] = "*******";'),
        ('val password: String = "hunter2"', 'val password: String = "*******"'),
        ('monkeypatch.setenv("DB_PASSWORD", "hunter22")', 'monkeypatch.setenv("DB_PASSWORD", "********")'),
        ("<password>hunter2</password>", "<password>*******</password>"),
        (r'"{\"password\": \"hunter2\"}"', r'"{\"password\": \"*******\"}"'),
        ('+    "password": "hunter2",', '+    "password": "*******",'),
        ("CREATE USER app IDENTIFIED BY 'hunter2';", "CREATE USER app IDENTIFIED BY '*******';"),
        ('requests.get(url, auth=("app", "hunter2"))', 'requests.get(url, auth=("app", "*******"))'),
        (
            "machine git.internal login app password hunter2",
            "machine git.internal login app password *******",
        ),
        ("localhost:5432:app:app:hunter2", "localhost:5432:app:app:*******"),
        ("echo hunter2 | docker login --password-stdin", "echo ******* | docker login --password-stdin"),
        ("sshpass -p hunter2! ssh app@db", "sshpass -p ******** ssh app@db"),
        ("postgres://app:p@ss/w0rd@db:5432/app", "postgres://app:*********@db:5432/app"),
        ("the password is hunter22", "the password is ********"),
    ],
)
def test_a_password_is_masked_and_nothing_beside_it(line: str, sent: str) -> None:
    assert masked(line) == sent


@pytest.mark.parametrize(
    "line",
    [
        'password = getpass("Password: ")',
        "password: str",
        'password = os.environ["DB_PASSWORD"]',
        "client = Client(password=password2, token=token)",
        'PASSWORD = "<your password>"',
        "API_KEY=${API_KEY}",
        'api_key: "xxxxxxxxxxxxxxxxxxxx"',
        'key = "first_name"',
        "for token in tokenize(source): yield token.string",
        'author = "somebody"',
        "self.add_password = self.passwd.add_password",
        "commit 787b39666779b7a995480a8c3e0a3f2d2b1b9e7a",
        "index 787b396..195d18f 100644",
        '"integrity": "sha512-' + "Ab3dEf6hIj9lMn2pQr5tUv8xYz1" * 3 + '=="',
        "id: 123e4567-e89b-12d3-a456-426614174000",
        'src="data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4"',
        "from collector_api.storage2 import FrameWriter3, a_very_long_name_of_a_function_42",
        "https://docs.python.org/3/library/urllib.parse.html#urllib.parse.urlsplit",
        "http://localhost:8000/users/12@latest",
        "if a == b and c != d: return e[12:34] + f'{g:>10}'",
        "Basic authentication and bearer tokens are described below",
    ],
)
def test_code_hashes_and_place_holders_are_left_alone(line: str) -> None:
    assert SCANNER.find(line) == []


def test_a_private_key_is_masked_between_its_first_and_its_last_line() -> None:
    key = pem(random.Random(7))
    begin, *body, end = key.splitlines()
    expected = "\n".join(["# key", begin, *("*" * len(line) for line in body), end, "# end"])
    assert masked(f"# key\n{key}# end") == expected


def test_many_lines_are_found_as_each_line_alone() -> None:
    rng = random.Random(3)
    lines = [planted(rng, kind)[0] for kind in KINDS]
    at, expected = 0, []
    for line in lines:
        expected += [Finding(at + it.start, at + it.end, it.rule) for it in SCANNER.find_in_line(line, None)]
        at += len(line) + 1
    assert [it for it in SCANNER.find("\n".join(lines)) if it.rule != "private-key"] == [
        it for it in expected if it.rule != "private-key"
    ]


def test_in_a_long_line_only_what_is_near_the_focus_is_looked_at() -> None:
    secret = KINDS["github_token"](random.Random(5))
    line = "x " * 5000 + secret + " y" * 5000
    at = line.index(secret)
    assert SCANNER.find_in_line(line, at) == [Finding(at, at + len(secret), "github-pat")]
    assert SCANNER.find_in_line(line, 100) == []
    assert SCANNER.find(line) == [Finding(at, at + len(secret), "github-pat")]


def test_what_a_part_of_a_long_line_cuts_off_is_no_finding() -> None:
    picture = 'src="' + some(random.Random(2), BASE64, 40_000) + '"'
    assert SCANNER.find(picture) == []
    assert SCANNER.find_in_line(picture, 4000) == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_the_ends_of_lines_hide_nothing(end: str) -> None:
    line = "db:5432:app:app:hunter2"
    assert SCANNER.find_in_line(line + end, None) == SCANNER.find(line)
    assert SCANNER.find(f"{line}{end}{line}")[0] == SCANNER.find(line)[0]


def test_letters_whose_lower_case_is_longer_move_nothing() -> None:
    secret = KINDS["github_token"](random.Random(5))
    assert SCANNER.find("İİİ" + ' token = "' + secret + '"') == [Finding(13, 53, "github-pat")]


def test_every_rule_of_ours_is_told_of_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
    general = ("assigned-password", "assigned-key", "chance", "known", "private-key")
    names = [*general, *PERSONAL, *(rule.name for rule in (*own.short(), *own.long()))]
    assert [name for name in names if f"`{name}`" not in page] == []


_WORDS = [
    "password",
    "token",
    "=",
    ": ",
    '"',
    "'",
    "hunter2",
    "\n",
    "\r",
    "@",
    "a.de",
    "://",
    "1.2.3.44",
    "İ",
    "😀",
    " ",
]


@given(st.lists(st.sampled_from(_WORDS) | st.text(max_size=3), max_size=30).map("".join))
def test_findings_are_sorted_apart_and_inside_the_text(text: str) -> None:
    found = SCANNER.find(text)
    places = [place for it in found for place in (it.start, it.end)]
    assert places == sorted(places)
    assert all(0 <= it.start < it.end <= len(text) for it in found)


def test_what_overlaps_becomes_one() -> None:
    found = [Finding(4, 9, "b"), Finding(0, 5, "a"), Finding(9, 12, "c"), Finding(1, 3, "d")]
    assert merged(found) == [Finding(0, 9, "a"), Finding(9, 12, "c")]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ('db_password = "Summer!2024', 'db_password = "***********'),
        ("const apiKey = '06dc2710e0d6afc6a8b7", "const apiKey = '********************"),
        ('DATABASE = "postgres://app:Tllup%9959Sf', 'DATABASE = "postgres://app:************'),
    ],
)
def test_a_value_whose_end_is_not_written_yet_is_found(line: str, left: str) -> None:
    assert masked(line) == left


@pytest.mark.parametrize(
    "line", ['url = "http://localhost:8080', "see https://example.com:443", 'password = "', "token = 'str"]
)
def test_what_is_not_written_yet_may_be_no_secret(line: str) -> None:
    assert masked(line) == line
