"""`pairlog import claude-code`: the files of transcripts, and what its options say of them."""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from pathlib import Path

from pairlog.errors import UserError
from pairlog.home import open_home
from pairlog.ids import keyed
from processing.imports.claude_code.entries import Entry, in_order, own_entries, read_entries, session_id
from processing.imports.claude_code.left_out import LeftOut
from processing.imports.claude_code.session import BadTranscript, Transcript, session_lines
from processing.imports.imported import Imported

_AGENT = "agent-"
_BYTES_MAX = 512 * 1024 * 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options that only this kind has."""
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="a transcript (.jsonl), or a folder of ~/.claude/projects"
    )
    parser.add_argument(
        "--recorded",
        metavar="URI",
        help="recorded sessions to link with: an export or a collector (default: where it is sent)",
    )
    parser.add_argument(
        "--links", type=Path, metavar="FILE", help="where the links are written (default: see docs/import.md)"
    )


def read(args: argparse.Namespace) -> list[Imported]:
    """A session for each transcript. Raises UserError where there is none, or one cannot be read."""
    key = open_home().key()

    def workspace_of(folder: str) -> list[str]:
        return list(dict.fromkeys(keyed(key, it) for it in (folder, os.path.realpath(folder))))

    sessions, why = [], ""
    for files in _found(args.path):
        try:
            sessions.append(session_lines(_transcript(files), workspace_of, args.use))
        except BadTranscript as error:
            why = f"{files[0]} is no transcript of Claude Code: {error}"
            if args.path.is_dir():
                print(f"pairlog: {why}; it is passed over", file=sys.stderr)
    if not sessions:
        raise UserError(f"{why}; docs/import.md tells the form")
    return sessions


def _found(path: Path) -> list[list[Path]]:
    """The files of each transcript, its own first. Raises UserError where there are none."""
    own = [path]
    if path.is_dir():
        own = sorted(it for it in path.glob("*.jsonl") if not it.name.startswith(_AGENT))
    if not own:
        raise UserError(f"no transcript in {path}; name a .jsonl, or a folder of ~/.claude/projects")
    beside = _agents_beside(own[0].parent)
    return [
        [it, *sorted(it.with_suffix("").rglob(f"{_AGENT}*.jsonl")), *beside.get(it.stem, [])] for it in own
    ]


def _agents_beside(folder: Path) -> dict[str, list[Path]]:
    """The files of sub-agents that older versions put beside the transcripts, by the session's id."""
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for file in sorted(folder.glob(f"{_AGENT}*.jsonl")):
        found[session_id(_entries(file, LeftOut()), "")].append(file)
    return found


def _transcript(files: list[Path]) -> Transcript:
    left_out = LeftOut()
    first, *agents = [_entries(file, left_out) for file in files]
    name = session_id(first, files[0].stem)
    return Transcript(name, in_order([own_entries(first, name, left_out), *agents], left_out), left_out)


def _entries(file: Path, left_out: LeftOut) -> list[Entry]:
    agent = file.stem.removeprefix(_AGENT) if file.name.startswith(_AGENT) else None
    try:
        with file.open("rb") as stream:
            data = stream.read(_BYTES_MAX + 1)
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from None
    if len(data) > _BYTES_MAX:
        raise UserError(f"{file} has more than {_BYTES_MAX} bytes; cut the transcript into parts")
    return read_entries(data, agent, left_out)
