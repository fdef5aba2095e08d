"""Identifiers: UUIDv7 for sessions, keyed hashes for what must not be named."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import time
import uuid

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SESSION = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def new_session() -> str:
    """A UUIDv7 of this moment."""
    return session_of(time.time_ns() // 1_000_000, os.urandom(10))


def session_of(milliseconds: int, chance: bytes) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds since 1970, then chance, so that ids sort by time.

    `chance` is 10 bytes, six bits of which give way to the version and the variant.
    """
    value = (milliseconds << 80) | int.from_bytes(chance, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def is_session(text: str) -> bool:
    """Whether `text` is the id of a session, in the one spelling that is used."""
    return _SESSION.fullmatch(text) is not None


def is_digest(text: str) -> bool:
    """Whether `text` is a SHA-256 in lower-case hexadecimal digits, as blobs are named."""
    return _DIGEST.fullmatch(text) is not None


def keyed(key: bytes, text: str) -> str:
    """32 hexadecimal digits of HMAC-SHA-256: the same for the same text under the same key."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]
