"""Names of people; pure."""

from __future__ import annotations

from unicodedata import normalize


def composed(name: str) -> str:
    """A name as names are kept and compared (NFC): two that look alike for their accents are one."""
    return normalize("NFC", name)
