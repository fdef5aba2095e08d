"""What clients get wrong in harmless ways, put right."""

from __future__ import annotations

from typing import Any


def with_integers(value: Any) -> Any:
    """`value` with whole numbers written as integers; None where there is nothing to mend."""
    mended = False

    def mend(part: Any) -> Any:
        nonlocal mended
        if isinstance(part, float) and part.is_integer():
            mended = True
            return int(part)
        if isinstance(part, list):
            return [mend(item) for item in part]
        if isinstance(part, dict):
            return {key: mend(item) for key, item in part.items()}
        return part

    result = mend(value)
    return result if mended else None
