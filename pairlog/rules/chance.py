"""Long pieces that chance made, whatever stands beside them; guards against what is long and no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pairlog.rules.finding import Finding
from pairlog.rules.pattern import Pattern
from pairlog.rules.values import changes, entropy, is_hex, is_identifier, is_random, is_uuid, words

_LENGTH_MIN = 20
#: Longer is a picture, a font or a compressed file, not a key.
_LENGTH_MAX = 256
_PIECE = Pattern(r"[\w+/=~.-]{20,}")
_DIGIT = Pattern(r"\d")
_PARTS = Pattern(r"[^=~./]+={0,2}")
_SPLIT = Pattern(r"[^=~.]+={0,2}")
#: What stands before a hash, or in a line of a lock file, a picture or a list of checksums.
_HASHED = Pattern(
    r"(?i)sha\d|md5|blake|integrity|checksum|digest|hash|base64,|data:|resolved|fingerprint|commit|etag|"
    r"nonce-|BEGIN CERT|ssh-(?:rsa|ed25519|dss)|ecdsa-sha2"
)


def find(text: str) -> Iterator[Finding]:
    """Pieces of 20 to 256 characters with lower and upper letters and digits that chance made."""
    for match in _PIECE.compiled.finditer(text):
        whole = match[0]
        if whole.islower() or whole.isupper() or _DIGIT.compiled.search(whole) is None:
            continue
        if len(whole) > _LENGTH_MAX * 4 or _HASHED.compiled.search(text, *_before(text, match)):
            continue
        # In an address and a path each part is looked at alone; else `/` is a letter of base64.
        is_path = whole.count("/") > 2 or text.endswith("://", 0, match.start()) or whole[0] == "/"
        for piece in (_PARTS if is_path else _SPLIT).compiled.finditer(whole):
            if _is_secret(piece[0]):
                yield Finding(match.start() + piece.start(), match.start() + piece.end(), "chance")


def _before(text: str, match: re.Match[str]) -> tuple[int, int]:
    """The line up to here, at most 80 characters of it."""
    line = text.rfind("\n", 0, match.start()) + 1
    return max(line, match.start() - 80), match.start() + 12


def _is_secret(piece: str) -> bool:
    if (
        not _LENGTH_MIN <= len(piece) <= _LENGTH_MAX
        or is_hex(piece)
        or is_uuid(piece)
        or is_identifier(piece)
    ):
        return False
    plain = piece.strip("-_/+=")
    if not (any(map(str.isdigit, plain)) and any(map(str.islower, plain)) and any(map(str.isupper, plain))):
        return False
    return is_random(plain) and entropy(plain) >= 3.7 and changes(plain) >= 0.35 and words(plain) < 0.5
