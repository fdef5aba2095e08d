"""The patterns of gitleaks, read from our data: which, and what was changed, stands there."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from pairlog.rules.rule import Accept, Rule
from pairlog.rules.values import entropy

FILE = Path(__file__).parents[1] / "data" / "gitleaks" / "rules.json"


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule of the data; none of their patterns is compiled yet."""
    return tuple(
        Rule(it["id"], it["regex"], tuple(it["keywords"]), it["group"], _accept(it))
        for it in json.loads(FILE.read_text(encoding="utf-8"))["rules"]
    )


def _accept(it: dict[str, Any]) -> Accept | None:
    least, allowed = it["entropy"], it.get("allow", [])
    if not least and not allowed:
        return None

    def accept(match: re.Match[str], group: int) -> bool:
        secret = match[group]
        return entropy(secret) > least and not any(re.search(it, secret) for it in allowed)

    return accept
