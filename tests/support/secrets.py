"""Secrets that nobody ever had: kinds of them from a seeded chance, and the lines in which they turn up.

They are put together from pieces, so that no scanner complains about this repository.
"""

from __future__ import annotations

import base64
import json
import random
import string
from collections.abc import Callable

LOWER, UPPER, DIGITS = string.ascii_lowercase, string.ascii_uppercase, string.digits
ALNUM = LOWER + UPPER + DIGITS
HEX = DIGITS + "abcdef"
BASE64 = ALNUM + "+/"
URLSAFE = ALNUM + "-_"

Make = Callable[[random.Random], str]


def some(rng: random.Random, alphabet: str, length: int) -> str:
    """This many letters, with a lower one, an upper one and a digit where the alphabet has them."""
    while True:
        made = "".join(rng.choices(alphabet, k=length))
        if all(set(made) & set(part) for part in (LOWER, UPPER, DIGITS) if set(part) & set(alphabet)):
            return made


def _made(*parts: str | tuple[str, int]) -> Make:
    """A maker: text stays, (alphabet, length) becomes chance."""

    def make(rng: random.Random) -> str:
        return "".join(part if isinstance(part, str) else some(rng, *part) for part in parts)

    return make


def password(rng: random.Random) -> str:
    word = "".join(rng.choices(LOWER, k=rng.randrange(4, 9)))
    return (
        word.capitalize()
        + rng.choice("!%*_-^")
        + some(rng, DIGITS, rng.randrange(2, 5))
        + some(rng, ALNUM, 3)
    )


def jwt(rng: random.Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    head = part({"alg": "HS256", "typ": "JWT"})
    return (
        f"{head}.{part({'sub': some(rng, DIGITS, 9), 'iat': rng.randrange(10**9)})}.{some(rng, URLSAFE, 43)}"
    )


def basic(rng: random.Random) -> str:
    return base64.b64encode(f"deploy:{password(rng)}".encode()).decode()


def uuid(rng: random.Random) -> str:
    return "-".join("".join(rng.choices(HEX, k=length)) for length in (8, 4, 4, 4, 12))


def pem(rng: random.Random) -> str:
    """A private key of several lines, line breaks and all."""
    body = "\n".join(some(rng, BASE64, 64) for _ in range(6))
    kind = rng.choice(("RSA PRIVATE", "PRIVATE", "EC PRIVATE", "OPENSSH PRIVATE"))
    return f"-----BEGIN {kind} KEY-----\n{body}\n{some(rng, BASE64, 30)}==\n-----END {kind} KEY-----\n"


def pem_body(rng: random.Random) -> str:
    """The lines between BEGIN and END as JSON escapes them, as in a service account's file."""
    return "\\n".join(some(rng, BASE64, 64) for _ in range(6)) + "\\n" + some(rng, BASE64, 30) + "=="


KINDS: dict[str, Make] = {
    "password": password,
    "hex_api_key": _made((HEX, 32)),
    "opaque_token": _made((ALNUM, 32)),
    "aws_access_key_id": _made("AK" + "IA", (UPPER + "234567", 16)),
    "aws_secret_access_key": _made((BASE64, 40)),
    "github_token": _made("gh" + "p_", (ALNUM, 36)),
    "github_fine_grained": _made("github" + "_pat_", (ALNUM, 22), "_", (ALNUM, 59)),
    "gitlab_token": _made("gl" + "pat-", (ALNUM, 20)),
    "slack_bot_token": _made("xo" + "xb-", (DIGITS, 12), "-", (DIGITS, 12), "-", (ALNUM, 24)),
    "slack_webhook": _made(
        "https://hooks.slack" + ".com/services/T",
        (UPPER + DIGITS, 9),
        "/B",
        (UPPER + DIGITS, 9),
        "/",
        (ALNUM, 24),
    ),
    "stripe_key": _made("sk" + "_live_", (ALNUM, 24)),
    "openai_key": _made("sk" + "-proj-", (URLSAFE, 74), "T3Blbk" + "FJ", (URLSAFE, 74)),
    "anthropic_key": _made("sk-" + "ant-api03-", (URLSAFE, 93), "AA"),
    "google_api_key": _made("AI" + "za", (ALNUM + "-_", 35)),
    "google_client_secret": _made("GOC" + "SPX-", (URLSAFE, 28)),
    "jwt": jwt,
    "bearer_token": _made((URLSAFE, 40)),
    "basic_auth": basic,
    "url_password": password,
    "connection_string": password,
    "command_option": password,
    "npm_token": _made("np" + "m_", (ALNUM, 36)),
    "pypi_token": _made("pyp" + "i-AgEIcHlwaS5vcmc", (URLSAFE, 90)),
    "sendgrid_key": _made("S" + "G.", (URLSAFE, 22), ".", (URLSAFE, 43)),
    "twilio_key": _made("S" + "K", (HEX, 32)),
    "azure_storage_key": _made((BASE64, 86), "=="),
    "service_account_key": pem_body,
    "private_key_id": _made((HEX, 40)),
    "huggingface_token": _made("h" + "f_", (LOWER + UPPER, 34)),
    "digitalocean_token": _made("do" + "p_v1_", (HEX, 64)),
    "shopify_token": _made("shp" + "at_", (HEX, 32)),
    "vault_token": _made("hv" + "s.", (URLSAFE, 95)),
    "telegram_token": _made((DIGITS, 9), ":AA", (URLSAFE, 33)),
    "uuid_key": uuid,
    "grafana_token": _made("gl" + "sa_", (ALNUM, 32), "_", (HEX, 8)),
    "postman_key": _made("PM" + "AK-", (HEX, 24), "-", (HEX, 34)),
}

#: Where a secret has no letters of its own that tell it: it turns up under its name.
_NAMES = {
    "password": "db_password",
    "hex_api_key": "api_key",
    "opaque_token": "access_token",
    "azure_storage_key": "account_key",
    "telegram_token": "telegram_bot_token",
    "twilio_key": "twilio_api_key",
    "uuid_key": "heroku_api_key",
}

CONTEXTS: dict[str, str] = {
    "python": '{name} = "{secret}"',
    "javascript": "const {camel} = '{secret}';",
    "keyword": 'client = Client(region, {name}="{secret}")',
    "json": '  "{name}": "{secret}",',
    "yaml": "  {name}: {secret}",
    "env": "{NAME}={secret}",
    "shell": 'export {NAME}="{secret}"',
    "header": 'curl -H "X-{Kebab}: {secret}" https://api.example.com/v1',
    "url": "https://api.example.com/v1/items?page=2&{name}={secret}",
    "comment": "# {name}: {secret} (rotate it!)",
}

#: Kinds that turn up in their own surroundings.
_OWN: dict[str, tuple[str, ...]] = {
    "bearer_token": (
        "Authorization: Bearer {secret}",
        "curl -H 'Authorization: Bearer {secret}' https://api.example.com",
        'headers = {{"Authorization": "Bearer {secret}"}}',
        "  authorization: bearer {secret}",
    ),
    "basic_auth": ("Authorization: Basic {secret}", 'headers["Authorization"] = "Basic {secret}"'),
    "url_password": (
        'DATABASE = "postgres://app:{secret}@db.internal:5432/app"',
        "redis://:{secret}@cache.internal:6379/0",
        "git clone https://deploy:{secret}@git.internal/app.git",
        "  url: mongodb+srv://app:{secret}@cluster0.internal/app",
    ),
    "connection_string": (
        'conn = "Server=db.internal;Database=app;User Id=app;Password={secret};Encrypt=true"',
        "host=db.internal user=app password={secret} dbname=app",
    ),
    "command_option": (
        "mysql -u app -p{secret} app",
        "deploy --user app --password {secret} --yes",
        "deploy --password={secret}",
        "sshpass -p {secret} ssh app@db.internal",
        "curl -u app:{secret} https://api.example.com",
    ),
    "service_account_key": (
        '  "private_key": "-----BEGIN PRIVATE KEY-----\\n{secret}\\n-----END PRIVATE KEY-----\\n",',
    ),
    "private_key_id": ('  "private_key_id": "{secret}",',),
}


def contexts(kind: str) -> tuple[str, ...]:
    """The lines in which this kind turns up: templates for `placed`."""
    return _OWN.get(kind) or tuple(CONTEXTS.values())


def placed(template: str, kind: str, secret: str) -> str:
    """A line of text with this secret in it."""
    name = _NAMES.get(kind, kind)
    words = name.split("_")
    camel = words[0] + "".join(word.capitalize() for word in words[1:])
    kebab = "-".join(word.capitalize() for word in words)
    return template.format(name=name, NAME=name.upper(), camel=camel, Kebab=kebab, secret=secret)


def planted(rng: random.Random, kind: str) -> tuple[str, str]:
    """A line of text, without its break, and the secret in it."""
    secret = KINDS[kind](rng)
    return placed(rng.choice(contexts(kind)), kind, secret), secret
