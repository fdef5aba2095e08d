"""What a value looks like: made by chance, or by people: a word, a name in code, a place holder, a hash."""

from __future__ import annotations

import math
from collections import Counter
from string import ascii_lowercase, ascii_uppercase, digits

from pairlog.rules.pattern import Pattern

_PLACEHOLDER = Pattern(
    r"""(?ix)
    [x*.\-_?#~0\s]+ | <[^<>]*>? | \$\{[^}]*\}? | \$\([^)]*\)? | \{.* | %\(?\w*\)?\w? | %[a-z_]+% | \[.*
    | \$[A-Z_]+ | \$[a-z_]+ | @[a-z_]+@ | (?:your|insert|enter|example|sample|dummy|fake)[-_ ].*
    | change[-_]?(?:it|me)\w* | none | null | nil | true | false | undefined
    | include | omit | same-origin
    | optional | required | redacted | hidden
    | str(?:ing)? | text | bytes | int(?:eger)? | number | bool(?:ean)? | any | object | todo | tbd | n/a
    | username
    | (?:\w*[-_. ])?(?:password|passwd|passphrase|pwd|pass|secret|token|key|credentials?|auth)s?\d?:?
    | os\.environ.* | process\.env.* | env\..* | self\..* | this\..* | config\..* | settings\..*
    """
)
#: One separator at a time: more of them in a group that repeats would take time without end.
_IDENTIFIER = Pattern(r"[_$@]*[A-Za-z]+\d{0,3}(?:[_.\-/:>](?:[A-Za-z]+\d{0,3}|\d{1,3})?)*[:,]?")
_UUID = Pattern(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HEX = Pattern(r"(?i)(?:0x)?[0-9a-f]+")
_WORDS = Pattern(r"[A-Z]?[a-z]{3,}|[A-Z]{4,}")
_SEPARATORS = Pattern(r"[^A-Za-z0-9]+")
#: The class of a character: lower, upper, digit, other.
_CLASS_OF = str.maketrans(ascii_lowercase + ascii_uppercase + digits, "l" * 26 + "u" * 26 + "d" * 10)


def entropy(text: str) -> float:
    """Shannon's entropy of the characters, in bits for each of them."""
    length = len(text)
    return -sum(n / length * math.log2(n / length) for n in Counter(text).values()) if text else 0.0


def is_placeholder(text: str) -> bool:
    """Whether something is to be put here, or was taken out: `<token>`, `${TOKEN}`, `xxxx`, `str`."""
    return _PLACEHOLDER.compiled.fullmatch(text) is not None or len(set(text)) < 3


def is_identifier(text: str) -> bool:
    """Whether this is a name in code or a path of names: letters, with digits at a name's end alone."""
    return _IDENTIFIER.compiled.fullmatch(text) is not None


def is_hex(text: str) -> bool:
    """Whether a hash could look like this: hexadecimal digits alone."""
    return _HEX.compiled.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether this is a UUID, of which most are no secret."""
    return _UUID.compiled.fullmatch(text) is not None


def is_random(text: str, words_max: float = 0.7) -> bool:
    """Whether chance made this: letters and digits in turn, few words, and at least 3 bits a character."""
    if (
        not text.isascii()
        or "\\" in text
        or not any(map(str.isdigit, text))
        or not any(map(str.isalpha, text))
    ):
        return False
    plain = _SEPARATORS.compiled.sub("", text)
    if len(plain) < 8 or entropy(plain) < min(3.0, math.log2(len(plain)) - 0.6):
        return False
    return changes(plain) >= 0.2 and words(plain) <= words_max


def changes(text: str) -> float:
    """How often the class of a letter is not that of the one before: 0.62 by chance, 0.15 in a name."""
    classes = text.translate(_CLASS_OF)
    return sum(map(str.__ne__, classes, classes[1:])) / max(1, len(text) - 1)


def words(text: str) -> float:
    """The part of the text that is words, as far as one can say it without a dictionary."""
    return sum(map(len, _WORDS.compiled.findall(text))) / max(1, len(text))


def is_mixed(text: str) -> bool:
    """At least 6 characters, letters and others, as in most passwords and few words."""
    return (
        len(text) >= 6
        and any(map(str.isalpha, text))
        and any(not (it.isalpha() or it in "_-. :/") for it in text)
    )
