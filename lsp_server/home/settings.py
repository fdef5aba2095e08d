"""Where a recording goes and on whose word: from the client, the environment and the user's `pairlog.toml`.

Never from the workspace: a cloned repository must not be able to start a recording or to choose who gets it.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pairlog.consent import Consented, parse
from pairlog.errors import UserError
from pairlog.home import Home, default_home

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


#: What may wait in a home where nobody says otherwise.
SPOOL_BYTES_MAX = 1024 * 1024 * 1024
#: Where Maven, Gradle, jest-junit, vitest, cargo nextest and their like write, as their manuals say.
TEST_REPORTS = ("TEST-*.xml", "*junit*.xml", "*test-results*.xml", "*test-report*.xml", "test-results/**")


@dataclass(frozen=True)
class Settings:
    """What a recorder goes by. `consent` is the client's choice only; the stored one stands beside it."""

    home: Home
    collector: str | None
    token: str | None
    consent: Consented | None
    clock: Literal["recorder", "client"]
    #: The bytes that may wait in the home, in spool and outbox together.
    spool_bytes_max: int
    #: Globs that let in what the deny list, or git, keeps out; and globs that add to the list.
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    #: Where agents are heard (docs/agents.md); None: nowhere.
    agents_port: int | None = None


def resolve(options: object) -> Settings:
    """The settings of a client with these `initializationOptions`.

    Raises UserError for an option of the wrong type, and for a file that cannot be read.
    """
    given = options if isinstance(options, dict) else {}
    home = home_of(options)
    defaults = home_defaults(home)
    table = home_table(home)
    clock = _word(given, "clock") or "recorder"
    if clock not in ("recorder", "client"):
        raise UserError(f"`clock` is `{clock}`; it can be `recorder` or `client`")
    level = _word(given, "consent")
    return Settings(
        home=home,
        collector=_word(given, "collectorUrl") or defaults.collector,
        token=_word(given, "token") or defaults.token,
        consent=parse(level, _word(given, "use"), _word(given, "policy")) if level else None,
        clock="client" if clock == "client" else "recorder",
        spool_bytes_max=_spool_bytes_max(home),
        include=_globs(given, "include") + _globs(table, "include"),
        exclude=_globs(given, "exclude") + _globs(table, "exclude"),
        agents_port=_agents_port(given, table),
    )


def home_of(options: object) -> Home:
    """The home of a client with these `initializationOptions`. Raises UserError for one of the wrong type."""
    named = _word(options, "home") if isinstance(options, dict) else None
    return Home((Path(named).expanduser() if named else default_home()).absolute())


@dataclass(frozen=True)
class Defaults:
    """What holds where a client says nothing."""

    collector: str | None
    token: str | None


def home_defaults(home: Home) -> Defaults:
    """The environment's word, else the one in `pairlog.toml` in the home (`collector_url`, `token`).

    Raises UserError where the file is not TOML.
    """
    table = home_table(home)
    return Defaults(
        collector=os.environ.get("PAIRLOG_COLLECTOR_URL") or _word(table, "collector_url"),
        token=os.environ.get("PAIRLOG_TOKEN") or _word(table, "token"),
    )


def home_table(home: Home) -> dict[str, Any]:
    """What `pairlog.toml` says; empty where there is none. Raises UserError where it is not TOML."""
    file = home.path / "pairlog.toml"
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
        return table
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise UserError(f"{file} cannot be read ({error}); mend or remove it") from None


def test_reports(home: Home) -> tuple[str, ...]:
    """Globs of the files that test runners write their reports to; none where the user wants none read.

    Raises UserError where `pairlog.toml` cannot be read or says something else.
    """
    table = home_table(home)
    return _globs(table, "test_reports") if "test_reports" in table else TEST_REPORTS


def _agents_port(given: dict[str, Any], table: dict[str, Any]) -> int | None:
    told = given.get("agentsPort") or os.environ.get("PAIRLOG_AGENTS_PORT") or table.get("agents_port")
    if not told:
        return None
    try:
        port = int(told) if isinstance(told, (int, str)) else 0
    except ValueError:
        port = 0
    if not 1024 <= port <= 65535:
        raise UserError(f"the setting `agents_port` is `{told}`; give a port from 1024 to 65535")
    return port


def _spool_bytes_max(home: Home) -> int:
    told = os.environ.get("PAIRLOG_SPOOL_BYTES_MAX") or home_table(home).get(
        "spool_bytes_max", SPOOL_BYTES_MAX
    )
    try:
        bytes_max = int(told)
    except (TypeError, ValueError):
        bytes_max = 0
    if bytes_max <= 0:
        raise UserError(f"the setting `spool_bytes_max` is `{told}`; give a number of bytes")
    return bytes_max


def _word(table: dict[str, Any], name: str) -> str | None:
    value = table.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise UserError(f"the setting `{name}` must be text")
    return value


def _globs(table: dict[str, Any], name: str) -> tuple[str, ...]:
    value = table.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(glob, str) and glob for glob in value):
        raise UserError(f'the setting `{name}` must be a list of globs, such as ["*.log"]')
    return tuple(value)
