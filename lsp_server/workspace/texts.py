"""What of a file's bytes is a text; pure."""

from __future__ import annotations


def is_utf8(data: bytes) -> bool:
    """Whether bytes can be a text in UTF-8; a file with NUL bytes is one in UTF-16, or none at all."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in data
