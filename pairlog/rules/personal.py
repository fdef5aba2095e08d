"""Personal data: e-mail addresses, telephone numbers, addresses of machines, the name in a home folder."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from pairlog.rules.finding import Finding
from pairlog.rules.pattern import Pattern

#: The rules of this file: what they find is no secret to look for elsewhere (`Known`).
RULES = frozenset(("email", "phone", "ip-address", "home-folder", "name"))
#: Names that tell nobody; shorter ones than 5 letters are too common.
GENERIC = frozenset(
    """
    admin administrator agent app azureuser backup build builder client codespace codespaces
    computer debian default deploy desktop dev developer docker ec2-user example fedora ftp git
    github gitlab gitpod guest home jenkins jovyan laptop linux localdomain localhost macbook
    machine me mysql name nobody node pi postgres public python root runner sample server service
    shared somebody someone system test tester testuser ubuntu user username users vagrant vscode
    windows worker workstation www www-data you your_name yourname
    """.split()  # noqa: SIM905
)
_NAME_LENGTH_MIN = 5
_NOBODY = frozenset(
    ("git", "noreply", "no-reply", "donotreply", "user", "username", "name", "you", "me", "email", "foo")
)
_RESERVED = Pattern(
    r"(?i)(?:.*\.)?(?:example(?:\.(?:com|org|net|edu))?|test|invalid|localhost|local|internal)"
)
_FILE_ENDS = frozenset(
    ("png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "ts", "css", "py", "rs", "go", "md", "json")
)
_VERSION = Pattern(r"(?i)(?:version|\bver\b|\bv|release|[=~<>!]=|\boid\b|section|\bchapter)\W{0,8}$")
_PUBLIC_RESOLVERS = frozenset(("8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "9.9.9.9"))

_EMAIL = Pattern(
    r"(?<![\w.+-])([A-Za-z0-9][\w.+-]{0,63})@((?:[A-Za-z0-9-]{1,63}\.){1,6}([A-Za-z]{2,24}))(?![\w-])"
)
_PHONE = Pattern(
    r"(?<![\w.)\]+-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){5,12}"
    r"|\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}-\d{3}-\d{4}|0\d{2,4}/\d{5,8})(?![\w-]|\.\d)"
)
_IPV4 = Pattern(
    r"(?<![\w.-])((?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})(?![\w-]|\.\w)"
)
_IPV6 = Pattern(r"(?<![\w:.])([23][0-9a-fA-F]{3}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:])")
_HOME = Pattern(
    r"(?:(?<![\w.~-])/(?:home|Users)/|[A-Za-z]:[\\/]{1,2}Users[\\/]{1,2})"
    r"([^\s/\\\"'`:;,<>(){}\[\]|$*?%&#]{1,64})"
)
#: Begins with one class of characters, so that `re` skips to them.
_MAYBE_NUMBER = Pattern(r"[+\d](?:[.\-) /]{1,2}\(?\d|(?<=\+)\d|:)")


def is_name(word: str | None) -> bool:
    """Whether this is a name of somebody or of their machine, and not one that many have."""
    return word is not None and len(word) >= _NAME_LENGTH_MIN and word.lower() not in GENERIC


def homes(text: str) -> Iterator[Finding]:
    """The names in home folders."""
    for match in _HOME.compiled.finditer(text):
        if match[1].lower() not in GENERIC and match[1].strip("._-x"):
            yield Finding(*match.span(1), "home-folder")


def may_hold_number(text: str) -> bool:
    """Whether `numbers` may find something."""
    return _MAYBE_NUMBER.compiled.search(text) is not None


def emails(text: str) -> Iterator[Finding]:
    """E-mail addresses, those for examples and of nobody left out."""
    for match in _EMAIL.compiled.finditer(text):
        local, domain, end = match.groups()
        if local.lower() in _NOBODY or _RESERVED.compiled.fullmatch(domain) or end.lower() in _FILE_ENDS:
            continue
        yield Finding(*match.span(), "email")


def numbers(text: str) -> Iterator[Finding]:
    """Telephone numbers and addresses of machines."""
    for match in _PHONE.compiled.finditer(text):
        if "555-01" not in match[0] and len(set(match[0])) > 4:
            yield Finding(*match.span(), "phone")
    for match in _IPV4.compiled.finditer(text):
        if _is_public(match[1]) and not _VERSION.compiled.search(
            text, max(0, match.start() - 24), match.start()
        ):
            yield Finding(*match.span(1), "ip-address")
    for match in _IPV6.compiled.finditer(text):
        if _is_public(match[1]):
            yield Finding(*match.span(1), "ip-address")


def _is_public(address: str) -> bool:
    """Whether this is an address of a machine in the world, and not one for documents or a version number."""
    try:
        it = ipaddress.ip_address(address)
    except ValueError:
        return False
    if address in _PUBLIC_RESOLVERS or not it.is_global or it.is_multicast or it.is_reserved:
        return False
    return it.version == 6 or len(address) > 7
