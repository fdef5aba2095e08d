"""Orders to a recorder, the one way back: `control/SESSION.ndjson`, appended only, read within a second."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

#: Record nothing until `resume`.
PAUSE = "pause"
#: Record again.
RESUME = "resume"
#: Write the text of the open documents, or of those in `docs`, again.
REBASE = "rebase"
#: Take back what was recorded from `since` to `until`, in milliseconds since 1970.
FORGET = "forget"
#: The level of consent fell to `level`.
CONSENT = "consent"
#: End this session and go on in another one.
NEW_SESSION = "new_session"


def give(path: Path, order: str, **fields: Any) -> None:
    """Append an order."""
    with path.open("ab") as stream:
        stream.write(json.dumps({"order": order, **fields}).encode() + b"\n")


class Orders:
    """Reads the orders to one recorder as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def waits(self, *orders: str) -> bool:
        """Whether one of these came since the last call of `take`."""
        return any(order.get("order") in orders for order in self._since()[0])

    def take(self) -> list[dict[str, Any]]:
        """The orders since the last call."""
        orders, self._read = self._since()
        return orders

    def _since(self) -> tuple[list[dict[str, Any]], int]:
        """The orders behind the place that was read up to, and the place behind them."""
        try:
            if self._path.stat().st_size <= self._read:
                return [], self._read
            data = self._path.read_bytes()[self._read :]
        except OSError:
            return [], self._read
        whole = data.rfind(b"\n") + 1
        orders = []
        for line in data[:whole].splitlines():
            try:
                order = json.loads(line)
            except ValueError:
                continue
            if isinstance(order, dict):
                orders.append(order)
        return orders, self._read + whole
