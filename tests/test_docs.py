"""What the docs say is there is there: commands, options, files and links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pairlog.cli import MOUNTS, _parse
from pairlog.events import TYPES

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
README = (ROOT / "README.md").read_text(encoding="utf-8")


def shell_lines(page: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    lines = [line.split("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def commands(page: str) -> list[list[str]]:
    words = [shlex.split(line) for line in shell_lines(page)]
    return [line[1:] for line in words if line[0].endswith("pairlog")]


@pytest.mark.parametrize("words", commands(README), ids=" ".join)
def test_the_readmes_commands_are_understood(words: list[str]) -> None:
    assert callable(_parse(words).run)


def test_every_command_is_told_of_in_the_docs() -> None:
    told = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [name for name in MOUNTS if f"pairlog {name}" not in told] == []


def test_every_event_is_in_the_table() -> None:
    table = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert [name for name in TYPES if f"| `{name}` |" not in table] == []


def test_the_readmes_tree_is_the_tree() -> None:
    tree = re.search(r"## What is where\n\n```\n(.*?)```", README, re.DOTALL)
    assert tree is not None
    named = [line.split()[0] for line in tree[1].splitlines()]
    assert [name for name in named if not (ROOT / name).is_dir()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_make_knows_the_targets_that_the_docs_name() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = {
        line.split()[1]
        for page in PAGES
        for line in shell_lines(page.read_text("utf-8"))
        if "make " in line[:5]
    }
    assert [name for name in sorted(named) if f"\n{name}:" not in makefile] == []
