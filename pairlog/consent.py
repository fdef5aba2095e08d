"""Consent: per workspace folder, off until chosen; of several choices the lowest holds.

What is stored lives in the home of Pairlog, never in a workspace: a cloned repository must not be able to
start a recording.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import get_args

from pairlog.errors import UserError
from pairlog.events import Choice as Choice
from pairlog.events import Use
from pairlog.home import Home

#: From the least to the most that is recorded.
LEVELS: tuple[Choice, ...] = get_args(Choice)
USES: tuple[Use, ...] = get_args(Use)
#: The version of the wording that people agreed to; it goes into every session's header.
POLICY = "2026-11"


@dataclass(frozen=True)
class Consented:
    """A choice for one workspace folder."""

    level: Choice
    use: Use
    policy: str = POLICY
    chosen_at: str = ""


def is_lower(level: Choice, than: Choice) -> bool:
    """Whether less may be recorded at `level`."""
    return LEVELS.index(level) < LEVELS.index(than)


def lowest(*choices: Consented | None) -> Consented | None:
    """The choice that holds: the lowest level, under its own policy, and the narrowest use.

    None where nothing was chosen.
    """
    made = [choice for choice in choices if choice is not None]
    if not made:
        return None
    holding = min(made, key=lambda choice: LEVELS.index(choice.level))
    return replace(holding, use=min((choice.use for choice in made), key=USES.index))


def parse(level: object, use: object = None, policy: object = None) -> Consented:
    """A choice from outside, made under the wording of today where it does not say which one.

    Raises UserError for a word that is none of the levels or uses.
    """
    use = "private" if use is None else use
    if level not in LEVELS:
        raise UserError(f"`{level}` is no level of consent; choose one of: {', '.join(LEVELS)}")
    if use not in USES:
        raise UserError(f"`{use}` is no permitted use; choose one of: {', '.join(USES)}")
    return Consented(level, use, policy if isinstance(policy, str) and policy else POLICY)


def stored(home: Home, workspace: Path) -> Consented | None:
    """The choice stored for this folder; None where there is none."""
    found = _read(home).get(str(workspace.resolve()))
    if found is None:
        return None
    choice = parse(found.get("level"), found.get("use"))
    return replace(choice, policy=found.get("policy", ""), chosen_at=found.get("chosen_at", ""))


def store(home: Home, workspace: Path, choice: Consented) -> None:
    """Keep a choice for this folder, whole or not at all."""
    choices = _read(home)
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    choices[str(workspace.resolve())] = {**asdict(choice), "chosen_at": now}
    fresh = home.consent.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(json.dumps(choices, indent=2).encode() + b"\n")
    fresh.replace(home.consent)


def _read(home: Home) -> dict[str, dict[str, str]]:
    try:
        choices = json.loads(home.consent.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        choices = None
    if not isinstance(choices, dict) or not all(isinstance(choice, dict) for choice in choices.values()):
        raise UserError(
            f"{home.consent} is damaged; mend it, or remove it and choose again with `pairlog consent`"
        )
    return choices
