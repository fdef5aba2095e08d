"""Ranks of earlier runs, which Ianvs would mix with the new one."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from ianvs_bridge import layout


def set_aside_old_ranks(job: Path) -> list[Path]:
    """Rename the ranks of earlier runs by the UTC time of their writing; return where they are now.

    Ianvs appends to a rank file that it finds, and then drops rows that look alike: rows of an earlier
    run would stand among the new ones, or instead of them.
    """
    moved = []
    for rank in sorted((job / layout.WORKSPACE).glob(f"*/{layout.RANK}")):
        written = datetime.fromtimestamp(rank.stat().st_mtime, timezone.utc)
        stem = f"{layout.RANK}-{written:%Y%m%dT%H%M%SZ}"
        target = rank.with_name(stem)
        count = 1
        while target.exists():
            count += 1
            target = rank.with_name(f"{stem}-{count}")
        moved.append(rank.rename(target))
    return moved
