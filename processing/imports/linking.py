"""Links imported sessions with recorded ones, and keeps the links in a file beside the import."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from pairlog.errors import UserError
from pairlog.events import Session
from pairlog.home import default_home
from pairlog.line import LineError, decode
from pairlog.moment import milliseconds
from pairlog.source import SessionInfo, Source, open_source
from processing.imports.imported import Imported
from processing.imports.links import Link, links

NAME = "links.json"
#: A recorded session may tell of a change a little before or behind a transcript.
_MARGIN_MS = 60_000


def link(sessions: Sequence[Imported], args: argparse.Namespace, address: str) -> None:
    """Seek links for what was imported, and write those that are found. Raises UserError."""
    if not any(it.agent_edits for it in sessions):
        return
    uri = args.recorded or (address if args.out is None else None)
    if uri is None:
        return
    with open_source(uri) as source:
        found = [it for imported in sessions for it in _links(source, imported)]
    if not found:
        return
    file = args.links or (args.out / NAME if args.out is not None else _place(sessions[0]))
    write(file, found)
    if not args.json:
        count = len({(it.session, it.seq) for it in found})
        print(f"{count:,} recorded edits are linked with tool calls, in {file}")


def write(file: Path, found: Sequence[Link]) -> None:
    """Write links: an array of objects. Raises UserError."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(json.dumps([it._asdict() for it in found], indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write {file}: {error.strerror}") from None


def read(file: Path) -> list[Link]:
    """The links of a file. Raises UserError where it holds none."""
    try:
        return [Link(**row) for row in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            f"{file} holds no links ({error}); `pairlog import claude-code` writes them"
        ) from None


def find(store: str) -> list[Path]:
    """The files of links that `pairlog import` wrote: in the home, and beside the sessions of a folder."""
    found = sorted((default_home() / "links").glob("*.json"))
    folder = Path(store)
    if "://" not in store and folder.is_dir():
        found += [it for it in (folder / NAME, *sorted(folder.glob(f"*/{NAME}"))) if it.is_file()]
    return found


def _place(imported: Imported) -> Path:
    return default_home() / "links" / f"{imported.session}.json"


def _links(source: Source, imported: Imported) -> list[Link]:
    first = min((it.called_ms for it in imported.agent_edits), default=0)
    last = max((it.done_ms for it in imported.agent_edits), default=0)
    found: list[Link] = []
    for row in source.sessions():
        if row.session != imported.session and _overlaps(row, first, last):
            found += _links_with(source, row.session, imported)
    return found


def _links_with(source: Source, session: str, imported: Imported) -> list[Link]:
    try:
        events = [decode(line) for line in source.lines(session)]
    except LineError:
        return []
    header = events[0] if events else None
    if not isinstance(header, Session) or header.workspace not in imported.workspaces:
        return []
    return links(events, lambda it: source.blob(session, it), imported.session, imported.agent_edits)


def _overlaps(row: SessionInfo, first: int, last: int) -> bool:
    ended = milliseconds(row.ended_at) if row.ended_at else None
    return milliseconds(row.started_at) <= last + _MARGIN_MS and (
        ended is None or ended >= first - _MARGIN_MS
    )
