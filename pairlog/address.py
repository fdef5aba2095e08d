"""Addresses of collectors: which lie on this very machine, and which nobody can read on the way to."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit


def is_loopback(address: str) -> bool:
    """Whether `address` is an `http` or `https` one on this very machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or (parts.port or 1) < 1:
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_safe(address: str) -> bool:
    """Whether nobody reads on the way what is sent to `address`: `https`, or a place on this very machine."""
    try:
        parts = urlsplit(address)
        return is_loopback(address) or bool(
            parts.scheme == "https" and parts.hostname and (parts.port or 1) > 0
        )
    except ValueError:
        return False
