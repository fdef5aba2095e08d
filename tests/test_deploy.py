"""The files in deploy/ fit the project: commands that exist, files that are there, one port, one folder."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from collector_api.commands.cli import PORT
from pairlog.cli import _parse, main
from tests.collector_api.driver import SESSION, session_lines
from tests.collector_api.test_backup import opened

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
UNITS = sorted(path for path in DEPLOY.iterdir() if path.suffix in (".service", ".timer"))


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    lines = DOCKERFILE.replace("\\\n", " ").splitlines()
    whole = [line.partition(" ") for line in lines if line and not line.startswith("#")]
    return [(name, words) for name, _, words in whole]


def commands() -> list[list[str]]:
    """Each `pairlog` command of the files and of the page about them, without its first word."""
    text = "\n".join([*(path.read_text() for path in DEPLOY.iterdir()), OPERATIONS])
    names = "serve|token|sessions|lake|backup|restore|repeat-erasures|trajectories"
    found = re.findall(rf"(?:^|[ /`])pairlog ((?:{names}) [^\n#`]*)", text, re.MULTILINE)
    return [shlex.split(words) for words in found]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_the_commands_are_understood(words: list[str]) -> None:
    words = words if words[0] != "trajectories" else [*words, "--out", "steps"]
    if words[-1] in ("--to", "--retention-days"):
        words = words[:-1]
    assert callable(_parse(words).run)


def test_the_image_starts_the_collector_from_files_that_are_there() -> None:
    steps = instructions()
    assert {name for name, _ in steps} <= {
        "FROM",
        "COPY",
        "RUN",
        "USER",
        "VOLUME",
        "EXPOSE",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    }
    for name, words in steps:
        if name == "COPY":
            assert all((ROOT / source).exists() for source in words.split()[:-1])
    said = dict(steps)
    assert callable(_parse([*json.loads(said["ENTRYPOINT"])[1:], *json.loads(said["CMD"])]).run)
    assert said["USER"] == "pairlog"
    assert said["EXPOSE"] == str(PORT)
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    copied = {words.split()[0] for name, words in steps if name == "COPY"}
    assert rooms - copied == set()


def test_the_services_fit_together() -> None:
    collector, proxy = COMPOSE["services"]["collector"], COMPOSE["services"]["proxy"]
    context = (DEPLOY / collector["build"]["context"]).resolve()
    assert (context / collector["build"]["dockerfile"]).is_file()
    assert collector["expose"] == [str(PORT)]
    named = {mount.partition(":")[0] for it in (collector, proxy) for mount in it["volumes"]}
    assert {name for name in named if not name.startswith(".")} == COMPOSE["volumes"].keys()
    assert (DEPLOY / "Caddyfile").is_file()
    assert f"reverse_proxy collector:{PORT}" in (DEPLOY / "Caddyfile").read_text()
    folders = {mount.split(":")[1] for mount in collector["volumes"]}
    assert folders == set(json.loads(dict(instructions())["VOLUME"]))


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_one(unit: Path) -> None:
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(unit.read_text())
    assert found["Unit"]["Description"]
    kind = "Timer" if unit.suffix == ".timer" else "Service"
    assert kind in found
    if kind == "Service":
        assert found["Service"]["User"] == "pairlog"
    else:
        assert unit.with_suffix(".service") in UNITS


def test_the_page_names_each_file() -> None:
    told = OPERATIONS.replace("`.timer`", "`pairlog-nightly.timer`")
    assert [path.name for path in DEPLOY.iterdir() if f"`{path.name}`" not in told] == []


def test_after_two_nights_the_disk_may_go(tmp_path: Path) -> None:
    data, copies = tmp_path / "pairlog", tmp_path / "pairlog-backup"
    copies.mkdir()
    sessions = [SESSION.replace("aa", f"{number:02x}") for number in range(3)]
    with opened(data) as collector:
        token = collector.token("grace")
        for session in sessions:
            collector.send(token, session_lines(session=session), session)
            for words in nightly(tmp_path):
                assert main(words) == 0
        expected = [collector.lines(token, session) for session in sessions]
    shutil.rmtree(data)
    newest = max(copies.glob("pairlog-*.db"))
    assert main(["restore", str(newest), "--data", str(data)]) == 0
    with opened(data) as collector:
        assert [collector.lines(token, session) for session in sessions] == expected
    assert len(list(copies.glob("pairlog-*.db"))) == 3


def nightly(root: Path) -> list[list[str]]:
    """What the unit runs each night, below another root."""
    unit = (DEPLOY / "pairlog-nightly.service").read_text()
    lines = re.findall(r"^ExecStart=\S*/pairlog (.*)$", unit, re.MULTILINE)
    return [shlex.split(line.replace("/var/lib", str(root))) for line in lines]
