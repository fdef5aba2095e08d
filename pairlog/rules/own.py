"""Secrets that gitleaks does not find, or not everywhere: headers, addresses, options, known forms."""

from __future__ import annotations

import binascii
import re
from functools import cache

from pairlog.rules.rule import Rule
from pairlog.rules.values import entropy, is_hex, is_identifier, is_placeholder, is_random

#: The value of an option in a shell.
_OPTION = r"[^\s\"'`<>(){}$,;-][^\s\"'`<>(){},;]{3,255}"

#: `NAME=value` at the beginning of a line, as in an .env file, a shell and a Dockerfile.
_SETTING = (
    r"^[\s+-]{0,16}(?:[$#>]\s)?(?:export\s{1,4}|set\s{1,4}|ENV\s{1,4}|ARG\s{1,4}|\$env:)?"
    r"[A-Z0-9_.]{0,40}(?:PASSWORD|PASSWD|PASS|PASSPHRASE|PWD|PW|SECRET|CREDENTIALS)(?![A-Z])(?:_\d|_[A-Z]{2,4})?"
    r"=(?![\"'])(\S{4,256})"
)


def _no_placeholder(match: re.Match[str], group: int) -> bool:
    return not is_placeholder(match[group])


def _is_setting(match: re.Match[str], group: int) -> bool:
    return not is_placeholder(match[group]) and not match[group].startswith(("/", "$("))


def _is_password(match: re.Match[str], group: int) -> bool:
    """An option's value: with a digit or a sign, for words are what they are called."""
    value = match[group]
    return not is_placeholder(value) and not is_identifier(value) and any(not it.isalpha() for it in value)


def _is_bearer(match: re.Match[str], group: int) -> bool:
    value = match[group]
    return is_random(value) or (len(value) >= 24 and entropy(value) >= 3.5 and not is_identifier(value))


def _is_basic(match: re.Match[str], group: int) -> bool:
    try:
        return b":" in binascii.a2b_base64(match[group])
    except binascii.Error:
        return False


def _is_chance(match: re.Match[str], group: int) -> bool:
    value = match[group]
    return not is_hex(value) and is_random(value) and entropy(value) >= 4


def _is_no_hash(match: re.Match[str], group: int) -> bool:
    before = match.string[max(0, match.start(group) - 24) : match.start(group)].lower()
    return not any(it in before for it in ("sha", "hash", "digest", "integrity", "checksum"))


def _always(name: str, pattern: str, *keywords: str) -> Rule:
    return Rule(name, pattern, keywords, 1)


@cache
def short() -> tuple[Rule, ...]:
    """Rules for secrets of any length; their keywords are few."""
    return (
        Rule("bearer", r"(?i)\bbearer[ \t:=]{1,3}[\"']?([\w.~+/=:-]{8,4096})", ("bearer",), 1, _is_bearer),
        Rule("basic", r"(?i)\bbasic[ \t]{1,3}([A-Za-z0-9+/]{8,1024}={0,2})", ("basic ",), 1, _is_basic),
        Rule(
            "authorization",
            r"(?i)\bauthorization[\"']?\s{0,4}[:=,]\s{0,4}[\"']?"
            r"(?:(?!basic|bearer)[a-z-]{1,20}[ \t]{1,3})?([\w.~+/=:-]{8,4096})",
            ("authorization",),
            1,
            _is_bearer,
        ),
        Rule(
            "url-password",
            r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,64}:(?!\d{1,5}[/?#])([^\s\"'<>]{3,256})@",
            ("://",),
            1,
            _no_placeholder,
        ),
        # The rest of the address is not there yet.
        Rule(
            "url-password",
            r"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"'<>]{0,64}:([^\s\"'<>@/]{6,256})[\"']?[\r\n]{0,2}\Z",
            ("://",),
            1,
            _is_password,
        ),
        Rule("url-token", r"[A-Za-z]{2,12}://([\w.~-]{16,256})@", ("://",), 1, _is_bearer),
        Rule(
            "option-password",
            r"(?i)(?<![\w-])--?(?:pass|[a-z-]{0,20}(?:pass(?:word|wd|phrase)|pwd|secret|token|key))"
            rf"(?:=|[ \t]{{1,4}})[\"']?({_OPTION})",
            ("--", "-pass"),
            1,
            _is_password,
        ),
        Rule(
            "option-p",
            r"(?i)\b(?:mysql|mariadb|sshpass|redis-cli|mongo|docker login|ldap)\w{0,12}\b"
            rf"[^\n|]{{0,120}}?[ \t]-[pwa][ \t]{{0,2}}[\"']?({_OPTION})",
            ("mysql", "mariadb", "sshpass", "redis-cli", "mongo", "docker login", "ldap"),
            1,
            _is_password,
        ),
        Rule(
            "option-user",
            r"(?<![\w-])(?:-u|--user)[ \t=]{0,2}[\"']?[^\s:\"']{1,64}:([^\s\"'`<>(){}$][^\s\"'`<>]{3,255})",
            ("-u", "--user"),
            1,
            _is_password,
        ),
        _always(
            "npm-auth", r"(?:^|[\s:])_(?:authToken|auth|password)=([\w.+/=-]{8,512})", "_auth", "_password"
        ),
        Rule("setting", _SETTING, ("pass", "pwd", "secret", "credential"), 1, _is_setting),
        _always("netrc", r"(?i)\b(?:machine|login)\s.{1,200}\bpassword\s{1,8}(\S{4,256})", "login "),
        _always(
            "sql-password",
            r"(?i)\b(?:identified by|password)\s{1,4}'([^'\n]{4,128})'",
            "identified by",
            " password '",
        ),
        Rule(
            "auth-pair",
            r"""(?i)\bauth\w{0,8}\s?=\s?(?:\w{1,40})?\(\s?["'][^"'\n]{0,64}["'],\s?["']([^"'\n]{4,256})["']""",
            ("auth",),
            1,
            _no_placeholder,
        ),
        Rule(
            "pgpass",
            r"^[\w.*-]{1,64}:(?:\d{2,5}|\*):[\w*-]{1,64}:[\w*.-]{1,64}:(\S{4,256})$",
            (":5432:", ":*:"),
            1,
        ),
        _always(
            "secure-string", r"(?i)SecureString\s(?:-String\s)?[\"']([^\"'\n]{4,256})[\"']", "securestring"
        ),
        Rule(
            "stdin-password",
            r"(?i)\becho\s(?:-n\s)?[\"']?([^\s\"'|]{4,256})[\"']?\s?\|.{0,200}(?:-stdin|\bchpasswd|sudo\s.{0,20}-S\b)",
            ("stdin", "chpasswd", "sudo -"),
            1,
            _no_placeholder,
        ),
    )


@cache
def long() -> tuple[Rule, ...]:
    """Rules for secrets with 14 letters or more in a row."""
    return (
        Rule(
            "aws-secret",
            r"(?<![A-Za-z0-9/+=_-])([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=_-])",
            ("aws", "secret", "akia", "asia"),
            1,
            _is_chance,
        ),
        _always("google-client-secret", r"\b(GOCSPX-[\w-]{20,40})", "gocspx-"),
        _always("npm-token", r"(npm_[A-Za-z0-9]{36})", "npm_"),
        _always("pypi-token", r"(pypi-[\w-]{32,512})", "pypi-"),
        _always("telegram-token", r"(?<![\w:])(\d{8,10}:AA[\w-]{33})(?![\w-])", ":aa"),
        _always("discord-token", r"\b([MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38})(?![\w-])", "discord"),
        _always("openai-key", r"\b(sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{32,200})(?![\w-])", "sk-"),
        Rule("azure-storage-key", r"(?<![A-Za-z0-9+/-])([A-Za-z0-9+/]{86}==)", ("==",), 1, _is_no_hash),
        _always("azure-signature", r"[?&]sig=([A-Za-z0-9%+/=]{30,120})", "sig="),
        _always(
            "slack-webhook", r"hooks\.slack\.com/(?:services|workflows)/([\w+/-]{20,100})", "hooks.slack.com"
        ),
        _always(
            "discord-webhook", r"discord(?:app)?\.com/api/webhooks/(\d{5,25}/[\w-]{30,100})", "/api/webhooks/"
        ),
        _always(
            "private-key-line",
            r"(?i)-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"([^\"'`<>]{16,16384}?)(?:-----|[\"'`<>]|$)",
            "private key",
        ),
    )
