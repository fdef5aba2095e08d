"""Values under a name that says secret: `password = "..."`, `"api_key": "..."`, `TOKEN=...`, `<pwd>..."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pairlog.rules.finding import Finding
from pairlog.rules.pattern import Pattern
from pairlog.rules.values import is_hex, is_identifier, is_mixed, is_placeholder, is_random

#: A name begins with one of these; the pattern is tried only where one stands.
WORDS = (
    "pass",
    "pw",
    "psk",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "salt",
    "cookie",
    "session",
    "signature",
    "signing",
)
_NAMES = Pattern("|".join(WORDS))

#: What stands between a name and its value; the value's own quotes are behind it. In turn:
#: `x: str = `; `x = `, `"x": `, `x ||= `; `char x[32] = `; `("x", `; `name="x" value=`; `x(`;
#: `#define X `, `x is `; `<x>`.
_BETWEEN = r"""
    (?P<between>
        \s{0,2}:\s{0,2}[&*?]{0,2}\w[\w.\[\]|?<>&* ]{0,30}=\s{0,4}
      | \\?["'`]?\]? \s{0,8} (?: (?:\?|\|\||:{1,3}|[=!])?={1,3}>? | => | :{1,2} ) \s{0,8}
      | \[\d{0,5}\]\s{0,4}=\s{0,4}
      | ["'`]\s{0,4},\s{0,4}
      | ["']\s{1,4}value\s{0,2}=\s{0,2}
      | \s{0,2}\(\s{0,2}
      | \s{1,8}(?:is\s{1,3}|as\s{1,3}|to\s{1,3})?
      | >
    )"""
_VALUE = r"""
    (?: [A-Za-z]{0,2}"(?P<double>(?:[^"\\\n]|\\.){4,512})"
      | [A-Za-z]{0,2}'(?P<single>(?:[^'\\\n]|\\.){4,512})'
      | \\["'](?P<escaped>[^"'\\\n]{4,512})\\["']
      | `(?P<back>[^`\n]{4,512})`
      | [A-Za-z]{0,2}["'](?P<open>[^\s"'`\\]{4,512})[\r\n]{0,2}\Z
      | (?P<bare>[^\s"'`,;&<>(){}\[\]\\][^\s"'`,;&<>(){}\[\]\\]{3,511})(?P<behind>[(\[{<]?)
    )"""
_STRONG = (
    r"passw(?:or)?ds?|passphrase|passwd|pwd|passcode|secret|credentials?|"
    r"(?:(?<![a-z])pass|(?-i:Pass|PASS))(?-i:(?![a-z]))|(?<![a-z])p(?:w|sk)(?![a-z])"
)
_PATTERN = Pattern(rf"""(?ix)
    (?P<name>(?P<strong>{_STRONG})|token|key|auth|salt|cookie|session|signature|signing)
    (?P<tail>[\w.-]{{0,30}}?)
    {_BETWEEN}{_VALUE}""")
#: A name that goes on like this is about a secret and holds none.
_ABOUT = Pattern(
    r"(?i)^[_.-]?(?:kind|uri|host|len|length|size|min|max|count|policy|prompt|label|pattern|regex|expir\w*|ttl|age|"
    r"err|help|title|text|message|msg|placeholder|hint|reset|changed?|required|enabled|valid\w*|strength|store|"
    r"ring|board|word|press|up|down|frame|s|ed|ize\w*|ors?|func|fn|arg|env|var|version|algo\w*|method|format|"
    r"scheme|mode|table|column|index|map|list|set)$"
    r"|(?:error|exception|file|path|dir|url|name|type|class|field|context|manager|mgr\w*|provider|code|event)$"
)
#: What a key without quotes consists of; other signs are code.
_PLAIN = Pattern(r"[\w.+/~:%-]+={0,2}")
#: What a label or a question has, and a passphrase has not.
_SENTENCE = Pattern(
    r"(?i)[.:?!,]\s*$|[%{}<>()\[\]=\\]|\b(?:pass\w*|enter|your|the|is|are|not|must|for|of|invalid|secret|token|key)\b"
)
_MORE = Pattern(r"[^\s\"'`(){}<>]*[^\s\"'`(){}<>,;]")
#: What may stand behind a value that ends its line.
_COMMENT = Pattern(r"\s+(?:#|//|--|\().*|\s*,?\s*")


def find(text: str, low: str) -> Iterator[Finding]:
    """Values in a text; `low` is the same in lower case, place by place."""
    after = 0
    for name in _NAMES.compiled.finditer(low):
        if name.start() < after:
            continue
        match = _PATTERN.compiled.match(text, name.start())
        found = match and _judged(match)
        if match and found:
            after = match.end()
            yield found


def _judged(match: re.Match[str]) -> Finding | None:
    kind = match.lastgroup
    if kind is None or kind == "behind":
        kind = "bare"
    value, mark = match[kind], match["between"].strip(" \t'\"`")
    if _ABOUT.compiled.search(match["tail"]) or is_placeholder(value):
        return None
    strong = match["strong"] is not None
    if kind == "bare":
        said = _bare(match, value, mark) if strong else _bare_key(match, value, mark)
    elif not strong:
        said = len(value) >= 10 and " " not in value and _is_chance(value)
    elif mark in ("", "(", ","):
        said = _is_constant(match, value) or is_random(value) or (mark != "" and is_mixed(value))
    else:
        said = _quoted(value)
    if not said:
        return None
    start, end = match.span(kind)
    if kind == "bare" and strong:
        end = _whole(match, end)
    return Finding(start, end, "assigned-password" if strong else "assigned-key")


def _whole(match: re.Match[str], end: int) -> int:
    """Where a value ends that has signs in it which end others, if nothing but a comment comes behind."""
    more = _MORE.compiled.match(match.string, end)
    return more.end() if more and "=" not in more[0] and _ends_line(match.string, more.end()) else end


def _is_constant(match: re.Match[str], value: str) -> bool:
    """Whether a word is the value of a constant, as in `#define PASSWORD "word"`."""
    return match["name"].isupper() and not value.isupper() and _quoted(value)


def _quoted(value: str) -> bool:
    """In quotes and behind a name that says password: everything but a sentence, a format and a path."""
    if " " in value:
        return len(value) <= 64 and not _SENTENCE.compiled.search(value)
    return (
        len(value) >= 5 and "{" not in value and (is_random(value) or not value.startswith(("/", "./", "--")))
    )


def _bare(match: re.Match[str], value: str, mark: str) -> bool:
    """Without quotes behind a name that says password, where code could stand: no name, no call."""
    if mark == ">":
        return match["behind"] == "<"
    if match["behind"] or mark in ("(", ",") or mark.startswith("==") or value[-1:] == "|":
        return False
    if not mark:
        return is_random(value)
    if mark.isalpha() or _ends_word(match) or _ends_line(match.string, match.end("bare")):
        return is_mixed(value)
    return is_mixed(value) and not is_identifier(value) and any(map(str.isdigit, value))


def _bare_key(match: re.Match[str], value: str, mark: str) -> bool:
    """Without quotes behind a name that says key or token: made by chance."""
    if (match["behind"] and mark != ">") or mark in ("(", ",") or mark.startswith("=="):
        return False
    if len(value) < 16 or _PLAIN.compiled.fullmatch(value) is None:
        return False
    return not is_identifier(value) and _is_chance(value)


def _is_chance(value: str) -> bool:
    return is_random(value, words_max=0.9) or (is_hex(value) and len(value) >= 16 and not value.isdigit())


def _ends_word(match: re.Match[str]) -> bool:
    """Whether this is `name=value` without a blank, as in a shell, a log and an address, not in a call."""
    return (
        match["between"] == "=" and match.string[match.end("bare") : match.end("bare") + 1] in " \t\n\r&\"'`;"
    )


def _ends_line(text: str, at: int) -> bool:
    end = text.find("\n", at)
    return _COMMENT.compiled.fullmatch(text, at, end if end >= 0 else len(text)) is not None
