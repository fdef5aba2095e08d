"""Sessions and their verification as tables for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pairlog.errors import visible
from pairlog.source import SessionInfo
from processing.sessions.verification import Verification

_ID_CHARS_MIN = 8
_PIPED_COLUMNS = 160


def show(table: Table) -> None:
    """Print a table; where no terminal sets the width, wide enough for whole rows."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPED_COLUMNS)
    console.print(table)


def sessions_table(rows: Sequence[SessionInfo]) -> Table:
    """A row for each session; ids are cut to what tells them apart, which every command takes."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for heading in ("session", "started", "lasted", "editor", "events", "verified", "consent", "use"):
        right = heading in ("lasted", "events")
        table.add_column(heading, justify="right" if right else "left", no_wrap=heading != "editor")
    names = short_ids([row.session for row in rows])
    for row in rows:
        table.add_row(
            Text(names[row.session], style="cyan"),
            row.started_at[:16].replace("T", " "),
            lasted(row),
            visible(row.editor),
            f"{row.events:,}",
            verdict(row.verified),
            row.consent,
            row.use,
        )
    return table


def verification_table(rows: Sequence[Verification]) -> Table:
    """A row for each session that was replayed."""
    table = Table(box=SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("session", no_wrap=True)
    table.add_column("saves", justify="right")
    table.add_column("verified")
    table.add_column("what went wrong", overflow="fold")
    for row in rows:
        where = f"seq {row.first_bad_seq}: " if row.first_bad_seq is not None else ""
        table.add_row(
            Text(row.session, style="cyan"),
            str(row.saves),
            verdict(row.verified),
            f"{where}{row.reason}" if row.reason else "",
        )
    return table


def verdict(verified: bool | None) -> Text:
    """`yes`, `no`, or `nothing to check`."""
    if verified is None:
        return Text("nothing to check", style="dim")
    return Text("yes", style="green") if verified else Text("no", style="bold red")


def lasted(row: SessionInfo) -> str:
    """How long a session lasted, such as `1:02:07`; `open` while it has no end."""
    if row.ended_at is None:
        return "open"
    start, end = (
        datetime.fromisoformat(time.replace("Z", "+00:00")) for time in (row.started_at, row.ended_at)
    )
    minutes, seconds = divmod(max(0, round((end - start).total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def short_ids(sessions: Sequence[str]) -> dict[str, str]:
    """For each id its shortest beginning that no other one has, never under 8 characters."""
    ordered = sorted(set(sessions))
    short: dict[str, str] = {}
    for place, session in enumerate(ordered):
        near = ordered[max(0, place - 1) : place] + ordered[place + 1 : place + 2]
        length = _ID_CHARS_MIN
        while length < len(session) and any(other.startswith(session[:length]) for other in near):
            length += 1
        short[session] = session[:length]
    return short
