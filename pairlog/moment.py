"""Moments on the wall clock, as the wire writes them: UTC, ISO 8601 to the millisecond, with a Z."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


def write(moment: datetime) -> str:
    """A moment as text."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """This moment as text."""
    return write(datetime.now(timezone.utc))


def later(started_at: str, milliseconds: int) -> str:
    """The moment that many milliseconds after `started_at`. Raises ValueError where that is no moment."""
    return write(
        datetime.fromisoformat(started_at.replace("Z", "+00:00")) + timedelta(milliseconds=milliseconds)
    )


def canonical(moment: str) -> str:
    """A day or a moment of ISO 8601 as the wire writes it; UTC where no zone is named. Raises ValueError."""
    read = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return write(read if read.tzinfo else read.replace(tzinfo=timezone.utc))


def milliseconds(moment: str) -> int:
    """A moment as milliseconds since 1970. Raises ValueError where it is none."""
    since = datetime.fromisoformat(moment.replace("Z", "+00:00")) - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return since // timedelta(milliseconds=1)
