"""An event, and a length of time, in a few words for people; pure."""

from __future__ import annotations

from pairlog.events import (
    Agent,
    Annotation,
    Attribution,
    Change,
    Clock,
    Command,
    Completion,
    Consent,
    Diagnostics,
    Edit,
    End,
    Event,
    Feedback,
    Focus,
    Forget,
    Gap,
    Open,
    Pause,
    Rename,
    Review,
    Run,
    Save,
    Select,
    Session,
    Test,
    Unknown,
    Vcs,
    View,
    Workspace,
)

_TEXT_MAX = 60


def describe(event: Event) -> str:
    """What happened, in less than a line; empty where the type says it all."""
    match event:
        case Edit():
            return _changes(event.changes)
        case Open():
            return f"{event.path} ({event.why})" if event.why != "opened" else event.path
        case Rename():
            return f"to {event.path}"
        case Save():
            return "another text than the recorder had" if event.sha256_of == "mismatch" else ""
        case Select():
            return " ".join(_place(*selection[2:]) for selection in event.selections[:3])
        case View():
            return f"lines {event.first + 1} to {event.last + 1}"
        case Focus():
            return "window in front" if event.focused else "window left"
        case Completion():
            return _joined(event.phase.replace("_", " "), _short(event.text), event.reason)
        case Agent():
            return _joined(event.phase.replace("_", " "), event.tool, _short(event.text))
        case Run():
            return _run(event)
        case Test():
            return _joined(event.outcome, event.test, _short(event.message))
        case Workspace():
            return f"{event.files} files"
        case Diagnostics():
            return ", ".join(f"{count} {kind}" for kind, count in event.counts.items())
        case Vcs():
            return _joined(event.action, event.how, event.branch, _short(event.message))
        case Review() | Annotation():
            return _joined(event.phase, _short(event.text))
        case Feedback():
            return _joined(None if event.rating is None else f"{event.rating:+d}", _short(event.reason))
        case Command():
            return event.name
        case Attribution():
            return f"event {event.of}: {event.cause}"
        case Consent():
            return f"{event.level}, {event.use} use"
        case Pause():
            return event.reason or ""
        case Forget():
            return f"{event.through - event.seq + 1} events taken back"
        case Gap():
            return _joined(event.reason.replace("_", " "), _count(event), event.detail)
        case Clock():
            return event.utc
        case End():
            return event.reason
        case Session():
            return " ".join(event.editor.values())
        case Unknown():
            return f"{event.name}: a type that this version does not know"
    return ""


def duration(milliseconds: int) -> str:
    """A length of time: `4.2 s`, `3 min 05 s`, `2 h 07 min`."""
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def offset(milliseconds: int) -> str:
    """A moment of a session: `0:04.250`, `1:02:09.000`."""
    seconds, millis = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    return f"{clock}.{millis:03d}"


def _changes(changes: list[Change]) -> str:
    if len(changes) != 1:
        return f"{len(changes)} places"
    line, column, end_line, _, text = changes[0]
    if end_line == -1:
        return f"the whole text, {len(text)} characters"
    return _joined(_place(line, column), _short(text) if text else "removed")


def _run(event: Run) -> str:
    if event.phase == "ended":
        took = None if event.duration_ms is None else duration(event.duration_ms)
        return _joined("ended", None if event.exit_code is None else f"exit {event.exit_code}", took)
    return _joined(event.phase, _short(event.command or event.output))


def _count(gap: Gap) -> str | None:
    return None if gap.count is None else f"{gap.count} events"


def _place(line: int, column: int) -> str:
    return f"{line + 1}:{column + 1}"


def _short(text: str | None) -> str | None:
    if text is None:
        return None
    flat = text.replace("\r", "").replace("\n", "\N{RETURN SYMBOL}").replace("\t", "\N{RIGHTWARDS ARROW}")
    if not flat.strip():
        return f"\N{LEFT DOUBLE QUOTATION MARK}{flat}\N{RIGHT DOUBLE QUOTATION MARK}" if flat else None
    return flat if len(flat) <= _TEXT_MAX else f"{flat[:_TEXT_MAX]}\N{HORIZONTAL ELLIPSIS}"


def _joined(*parts: str | None) -> str:
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)
