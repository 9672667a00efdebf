"""``CEREMONY["NOTICES"]``: who is told of changes beside those who look."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ceremony.core.directives import milliseconds

KEYS = ("EMAIL", "FROM", "SITE", "WEBHOOKS", "TIMEOUT")
_OF_WEBHOOK = {"URL", "SECRET"}
_PREFIX = "whsec_"
_SHORTEST = 24

Wrong = tuple[str, str]


@dataclass(frozen=True)
class Webhook:
    """An address that gets notices as JSON, signed with ``key`` (HMAC-SHA256). Never print key or
    address: either may be a secret; ``host`` may be shown.
    """

    url: str = field(repr=False)
    key: bytes = field(repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


@dataclass(frozen=True)
class NoticeSettings:
    """``email``: whether those who can act get a mail, from ``sender`` (``""``: Django's
    DEFAULT_FROM_EMAIL). ``site`` is the address in front of links, ``""`` for none. ``timeout``:
    milliseconds that one notice may take, all its ways together.
    """

    email: bool = False
    sender: str = ""
    site: str = ""
    webhooks: tuple[Webhook, ...] = ()
    timeout: int = 5_000


def read_notices(raw: object) -> tuple[NoticeSettings, Wrong | None]:
    """The setting as a value; and what is wrong with it, with what to write."""
    if not isinstance(raw, Mapping) or not set(raw) <= set(KEYS):
        return NoticeSettings(), (
            "CEREMONY['NOTICES'] is no dictionary with known keys.",
            f"Known: {', '.join(KEYS)}.",
        )
    wrong = _wrong(raw)
    if wrong:
        return NoticeSettings(), wrong
    hooks = raw.get("WEBHOOKS", ())
    return NoticeSettings(
        email=bool(raw.get("EMAIL", False)),
        sender=str(raw.get("FROM") or ""),
        site=str(raw.get("SITE") or "").rstrip("/"),
        webhooks=tuple(Webhook(hook["URL"], _key(hook["SECRET"]) or b"") for hook in hooks),
        timeout=milliseconds(str(raw.get("TIMEOUT", "5s"))) or 0,
    ), None


def _wrong(raw: Mapping[str, Any]) -> Wrong | None:
    if not isinstance(raw.get("EMAIL", False), bool):
        return "CEREMONY['NOTICES']['EMAIL'] is not True or False.", "Write True or False."
    site = raw.get("SITE") or ""
    if site and not _is_address(site):
        return (
            f"CEREMONY['NOTICES']['SITE'] is {site!r}.",
            "Write the address of your site: https://ceremony.example.org",
        )
    if not milliseconds(str(raw.get("TIMEOUT", "5s"))):
        return (
            f"CEREMONY['NOTICES']['TIMEOUT'] is {raw['TIMEOUT']!r}, which is no duration.",
            "Write 500ms or 5s.",
        )
    hooks = raw.get("WEBHOOKS", ())
    if not isinstance(hooks, list | tuple):
        hooks = (None,)
    number = next((n for n, hook in enumerate(hooks) if not _is_webhook(hook)), None)
    # Not a word of the value: it may be the secret.
    return None if number is None else (
        f"CEREMONY['NOTICES']['WEBHOOKS'][{number}] is no webhook.",
        'Write {"URL": "https://…", "SECRET": "whsec_…"}: an address without a password, and a '
        f"secret of at least {_SHORTEST} bytes.",
    )  # fmt: skip


def _is_webhook(hook: object) -> bool:
    if not isinstance(hook, Mapping) or set(hook) != _OF_WEBHOOK:
        return False
    return _is_address(hook["URL"]) and _key(hook["SECRET"]) is not None


def _is_address(text: object) -> bool:
    """Whether it is HTTP or HTTPS with a host; a user or password in it would end up in logs."""
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or " " in text:
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    known = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return known and port != 0 and "@" not in parts.netloc


def _key(secret: object) -> bytes | None:
    """The key: base64 behind ``whsec_`` (as Standard Webhooks writes it), else the text itself."""
    if not isinstance(secret, str):
        return None
    try:
        key = (
            base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
            if secret.startswith(_PREFIX)
            else secret.encode()
        )
    except (binascii.Error, UnicodeEncodeError):
        return None
    return key if len(key) >= _SHORTEST else None
