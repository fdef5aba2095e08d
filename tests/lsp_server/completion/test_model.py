"""Models as they are made: what the environment has wrong, and what they are not shown."""

from __future__ import annotations

import asyncio
import gc
from pathlib import Path

import pytest

from lsp_server.completion.endpoint import EndpointError
from lsp_server.completion.model import Models, Screened
from lsp_server.home.forgotten import ForgottenWords
from lsp_server.sending.secrets import Secrets
from pairlog.home import Home
from pairlog.rules import Finding, Scanner
from tests.lsp_server.completion.made import context, settings

FAR = "https://models.example/v1"
PASSWORD = "Zk93" + "qLw7Tx"


@pytest.mark.parametrize(
    ("name", "value"), [("ALL_PROXY", "socks5://127.0.0.1:1"), ("NO_PROXY", "::1/128,example")]
)
def test_proxies_that_cannot_be_used_are_told_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv(name, value)

    async def ask() -> list[str]:
        models = Models(settings(FAR), Home(tmp_path), [])
        told = []
        for _ in range(2):
            with pytest.raises(EndpointError) as found:
                await models.ask("starcoder", context("x = ", ""))
            told.append(str(found.value))
            # Set right, it is only that nobody is there.
            monkeypatch.delenv(name, raising=False)
        return told

    wrong, right = asyncio.run(ask())
    assert ("socksio" if name == "ALL_PROXY" else "InvalidURL") in wrong
    assert "socksio" not in right and "InvalidURL" not in right


def test_proxies_that_cannot_be_used_are_no_matter_where_nobody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")

    async def prepare() -> list[str]:
        printed: list[str] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: printed.append(context["message"])
        )
        models = Models(settings(FAR), Home(tmp_path), [])
        models.prepare()
        await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
        del models
        gc.collect()
        return printed

    assert asyncio.run(prepare()) == []


def test_a_key_that_was_found_is_masked_wherever_it_stands_again(tmp_path: Path) -> None:
    forgotten = ForgottenWords(Home(tmp_path))
    screened = Screened(Secrets(Scanner(), forgotten), forgotten)
    stars = "*" * len(PASSWORD)
    first = screened.masked(context(f'password = "{PASSWORD}"\nprint("{PASSWORD}")\n', ""), {})
    assert first == context(f'password = "{stars}"\nprint("{stars}")\n', "")
    assert screened.masked(context(f'print("{PASSWORD}")', ""), {}) == context(f'print("{stars}")', "")


def test_a_key_that_another_document_says_to_be_one_is_masked(tmp_path: Path) -> None:
    forgotten = ForgottenWords(Home(tmp_path))
    screened = Screened(Secrets(Scanner(), forgotten), forgotten)
    used, hidden = context(f'print("{PASSWORD}")'), context(f'print("{"*" * len(PASSWORD)}")')
    assert screened.masked(used, {1: used.prefix, 2: "x = 1\n"}) == used
    assert screened.masked(used, {1: used.prefix, 2: f'x = 1\npassword = "{PASSWORD}"\n'}) == hidden
    # What was known once is no less a key where its document is closed.
    assert screened.masked(used, {1: used.prefix}) == hidden


def test_only_the_lines_that_are_new_are_looked_at_again(tmp_path: Path) -> None:
    class Counting(Scanner):
        def find(self, text: str) -> list[Finding]:
            looked_at.append(text)
            return super().find(text)

    looked_at: list[str] = []
    forgotten = ForgottenWords(Home(tmp_path))
    screened = Screened(Secrets(Counting(), forgotten), forgotten)
    screened.masked(context(""), {1: "a\nb\nc\n"})
    looked_at.clear()
    screened.masked(context(""), {1: "a\nbb\nc\n"})
    assert list(filter(None, looked_at)) == ["bb\n"]


def test_words_that_were_forgotten_are_masked(tmp_path: Path) -> None:
    home = Home(tmp_path)
    forgotten = ForgottenWords(home)
    screened = Screened(Secrets(Scanner(), forgotten), forgotten)
    ForgottenWords(home).add(["hospital"])
    assert screened.masked(context("hospital = 1", ""), {}) == context("******** = 1", "")
