"""Episodes from a session: a failing test, a person's work, the same test passing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pairlog.events import Event, Session
from pairlog.line import decode
from pairlog.replay import Blobs, verify
from pairlog.source import SessionInfo
from processing.episodes.disk import Disk, read_disk
from processing.episodes.episode import Answer, Episode, Oracle, file_entry, identified
from processing.episodes.oracle_files import decides
from processing.episodes.pytest_run import UnknownRunner, normalise
from processing.episodes.workspace import Files
from processing.sessions.runs import RunRecord, runs

#: The most of a workspace that is shown, in characters: Ianvs pads every row to its longest one.
CONTEXT_CHARS_MAX = 60_000
_MESSAGE_CHARS_MAX = 4_000


class NotBuilt(ValueError):
    """Why a session, or a pair of runs in it, makes no episode; in a few words that can be counted."""


@dataclass(frozen=True)
class Pair:
    """A run in which tests failed, and the first later one in which they passed."""

    failing: RunRecord
    passing: RunRecord
    fail_to_pass: list[str]
    pass_to_pass: list[str]


def build(info: SessionInfo, lines: Sequence[bytes], blobs: Blobs) -> tuple[list[Episode], list[str]]:
    """The episodes of a session, and for each pair of runs that made none the reason.

    Raises NotBuilt where the session as a whole can make none.
    """
    if info.consent != "workspace":
        raise NotBuilt("recorded without the workspace's files")
    if not verify(lines, blobs).verified:
        raise NotBuilt("unverified")
    events = [decode(line) for line in lines]
    disk = read_disk(events, blobs)
    found = list(pairs(runs(events)))
    if not found:
        raise NotBuilt("no test failed and passed later")
    episodes, refused = list[Episode](), list[str]()
    for pair in found:
        try:
            episodes.append(_episode(info, events, disk, pair))
        except NotBuilt as reason:
            refused.append(str(reason))
    return episodes, refused


def pairs(records: Sequence[RunRecord]) -> Iterator[Pair]:
    """The pairs of a session. A pair starts at the first failing run, so that all attempts lie between."""
    waiting: list[RunRecord] = []
    for record in records:
        if not record.ended or not record.tests:
            continue
        if record.exit_code != 0 if record.exit_code is not None else record.failed():
            waiting.append(record)
            continue
        passed = set(record.passed())
        for failing in waiting:
            mended = [test for test in failing.failed() if test in passed]
            if mended:
                kept = [test for test in failing.passed() if test in passed and test not in mended]
                yield Pair(failing, record, mended, kept)
                waiting = []
                break


def _episode(info: SessionInfo, events: Sequence[Event], disk: Disk, pair: Pair) -> Episode:
    try:
        before = disk.at(pair.failing.seq_started, pair.failing.saw)
        after = disk.at(pair.passing.seq_started, pair.passing.saw)
    except (KeyError, TypeError, ValueError):
        raise NotBuilt("a manifest that cannot be read") from None
    if before is None or after is None:
        raise NotBuilt("no manifest of the workspace before the run")
    try:
        command = normalise(pair.passing.command or "")
    except UnknownRunner:
        raise NotBuilt("a test command that is not plain pytest") from None
    header = events[0]
    assert isinstance(header, Session)
    return identified(
        Episode(
            instruction=instruction(pair),
            context=_context(events, before, pair),
            files=[file_entry(path, mode, content) for path, (content, mode) in sorted(before.items())],
            gold=_gold(before, after),
            tests=Oracle(
                command=command,
                fail_to_pass=pair.fail_to_pass,
                pass_to_pass=pair.pass_to_pass,
                files=[
                    file_entry(path, mode, content)
                    for path, (content, mode) in sorted(after.items())
                    if decides(path)
                ],
            ),
            project=info.project,
            session=info.session,
            base_commit=disk.head(pair.failing.seq_started) or header.head,
            seq_cut=pair.failing.seq_started,
            seq_gold=pair.passing.seq_started,
            use=info.use,
        )
    )


def _gold(before: Files, after: Files) -> Answer:
    changed = [
        path for path, (content, _) in sorted(after.items()) if before.get(path, (None,))[0] != content
    ]
    answer = [path for path in changed if not decides(path)]
    if not answer:
        raise NotBuilt("only tests were changed" if changed else "nothing was changed between the runs")
    if set(before) - set(after):
        raise NotBuilt("a file was renamed or removed, which an answer cannot say")
    try:
        return [{"path": path, "text": after[path][0].decode()} for path in answer]
    except UnicodeDecodeError:
        raise NotBuilt("a changed file is no text") from None


def instruction(pair: Pair) -> str:
    """What a model is asked to do, with what the failing tests said."""
    one = len(pair.fail_to_pass) == 1
    parts = [f"Make {'this failing test' if one else 'these failing tests'} pass without changing any test:"]
    parts += [f"- {test}" for test in pair.fail_to_pass]
    for test in pair.failing.tests:
        if test.test in pair.fail_to_pass and test.message:
            parts += ["", f"{test.test} fails with:", test.message[:_MESSAGE_CHARS_MAX]]
    if pair.pass_to_pass:
        parts += ["", "Every test that passes now must still pass."]
    return "\n".join(parts)


def _context(events: Sequence[Event], before: Files, pair: Pair) -> dict[str, str]:
    """What the person had opened by then, and the failing tests' files; the latest first, up to the limit."""
    paths = [test.partition("::")[0] for test in pair.fail_to_pass]
    for event in events:
        path = getattr(event, "path", None)
        if event.seq < pair.failing.seq_started and event.type in ("open", "rename") and path:
            paths.insert(len(pair.fail_to_pass), path)
    shown: dict[str, str] = {}
    room = CONTEXT_CHARS_MAX
    for path in dict.fromkeys(paths):
        try:
            text = before[path][0].decode()
        except (KeyError, UnicodeDecodeError):
            continue
        if len(text) <= room:
            shown[path] = text
            room -= len(text)
    return shown
