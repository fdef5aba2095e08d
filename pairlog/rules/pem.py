"""Private keys of several lines: what stands between BEGIN and END, also while one of the two is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from pairlog.rules.finding import Finding
from pairlog.rules.pattern import Pattern

#: A key has fewer lines: 16,384 bits of RSA have 200.
_LINES_MAX = 300
_BEGIN = Pattern(
    r"(?i)-{4,5} ?BEGIN[ A-Z0-9]{0,40}PRIVATE KEY|Private-Lines:"
    # Letters of it are still missing, and it is none of those that come before something public.
    r"|-{3,5} ?(?!.*(?:CERT|PUBLIC|MESSAGE|SIGN|PARAM|CRL|PKCS|END))[A-Z0-9 ]{10,60}-{3,5}\s*\Z"
)
_END = Pattern(r"(?i)-{4,5} ?END[ A-Z0-9]{0,40}PRIVATE KEY|Private-MAC:")
#: Base64, in quotes or behind a mark of a comment, a diff or a list; or a header of the key; or nothing.
_BODY = Pattern(
    r"[\s+\-|>#*/\"'`]{0,40}(?:[A-Za-z0-9+/=*]{1,128}|(?:Proc-Type|DEK-Info|Version|Comment|Hash):.{0,200}|)"
    r"(?:\\n|\\r|[\s\"'`,;+\\)]){0,12}"
)
_LONG = Pattern(r"[A-Za-z0-9+/=*]{16}")


def block(lines: Sequence[str], index: int) -> tuple[int, int] | None:
    """The first and last body line of the private key that line `index` belongs to, without BEGIN and END.

    None where it belongs to none. Without an END, the body goes on as long as lines look like one.
    """
    line = lines[index]
    if "--" not in line and "Private-" not in line and not _BODY.compiled.fullmatch(line):
        return None
    begin = (
        index
        if _BEGIN.compiled.search(line)
        else _upward(lines, index - 1 if _END.compiled.search(line) else index)
    )
    if begin is None:
        return None
    last = begin
    for number in range(begin + 1, min(len(lines), begin + _LINES_MAX)):
        if _END.compiled.search(lines[number]):
            last = number - 1
            break
        if not _BODY.compiled.fullmatch(lines[number]):
            break
        if _LONG.compiled.search(lines[number]) or lines[number - 1 : number] == [lines[last]]:
            last = number
    inside = begin <= index <= last + 1
    return (begin + 1, last) if last > begin and inside else None


def find(text: str) -> Iterator[Finding]:
    """The bodies in a text of several lines, also where its front was cut off within one."""
    lines = text.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    for number, line in enumerate(lines):
        found = None
        if _BEGIN.compiled.search(line):
            found = block(lines, number)
        elif _END.compiled.search(line) and _upward(lines, number - 1) is None:
            found = _headless(lines, number - 1)
        if found:
            first, last = found
            end = starts[last] + len(lines[last].rstrip("\r\n"))
            yield Finding(starts[first], end, "private-key")


def _headless(lines: Sequence[str], last: int) -> tuple[int, int] | None:
    """The lines of a body whose beginning was cut off, up to the last one; None where there are none."""
    first = last + 1
    for number in range(last, max(-1, last - _LINES_MAX), -1):
        if not _BODY.compiled.fullmatch(lines[number]):
            break
        if number == last or _LONG.compiled.search(lines[number]):
            first = number
    if 0 < first <= last and _BODY.compiled.fullmatch(lines[first - 1]):
        # What is left of the line that was cut.
        first -= 1
    return (first, last) if first <= last else None


def _upward(lines: Sequence[str], index: int) -> int | None:
    """The BEGIN line above a line that looks like a body."""
    for number in range(index, max(-1, index - _LINES_MAX), -1):
        if _BEGIN.compiled.search(lines[number]):
            return number
        if not _BODY.compiled.fullmatch(lines[number]):
            return None
    return None
