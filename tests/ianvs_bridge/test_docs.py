"""docs/ianvs.md and the folder's own README name every option, file and column."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from ianvs_bridge import layout
from ianvs_bridge.cli import COMMANDS
from tests.ianvs_bridge.stand_in import __doc__ as stand_in_doc

DOCS = Path(__file__).parents[2] / "docs" / "ianvs.md"


def _options() -> list[str]:
    parser = argparse.ArgumentParser()
    COMMANDS["ianvs"](parser)
    (commands,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    actions = [action for command in commands.choices.values() for action in command._actions]
    return sorted({option for action in actions for option in action.option_strings if option[:2] == "--"})


@pytest.mark.parametrize("option", [option for option in _options() if option != "--help"])
def test_every_option_is_in_the_docs(option: str) -> None:
    assert f"`{option}" in DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("column", layout.METRICS)
def test_every_column_is_in_the_docs_and_in_the_readme_of_the_folder(job: Path, column: str) -> None:
    row = f"| `{column}` |"

    assert row in DOCS.read_text(encoding="utf-8")
    assert row in (job / layout.README).read_text(encoding="utf-8")


def test_every_file_of_the_folder_is_in_the_docs(job: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    names = [str(path.relative_to(job)) for path in job.rglob("*") if path.is_file()]

    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_stand_in_is_named_as_such() -> None:
    assert "stand-in" in (stand_in_doc or "")
