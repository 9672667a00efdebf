"""What the environment says, as values for the settings. The only importer of django-environ.

A connection string is read by libpq itself, so that everything PostgreSQL's own tools accept is
accepted here (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING). No part
of one ever gets into a message: it may hold a password.
"""

import os
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ceremony.errors import UsageError

CONTROL_VARIABLE = "DATABASE_URL"
CONTROL_DATABASE = "ceremony"
ALIAS = re.compile(r"[a-z][a-z0-9_]{0,62}")
RESERVED_ALIASES = {"default"}

#: What Django names itself; everything else libpq knows goes into OPTIONS.
DJANGO_NAMES = {
    "dbname": "NAME",
    "user": "USER",
    "password": "PASSWORD",
    "host": "HOST",
    "port": "PORT",
}

#: The ports of RFC 5321 (relay), RFC 6409 (submission) and RFC 8314 (submission over TLS).
_MAIL_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}

Database = dict[str, Any]


class Environment:
    """The variables of one process, read once."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._env = environ.Env()
        self._env.ENVIRON = variables

    def flag(self, name: str, *, default: bool) -> bool:
        """A yes or no (``1``, ``true``, ``on``, ``yes`` are yes); any other word is refused."""
        text = self.text(name).lower()
        if text in {"1", "true", "on", "yes", "y", "t"}:
            return True
        if text in {"0", "false", "off", "no", "n", "f"}:
            return False
        if text:
            raise UsageError(
                "variable-invalid",
                f"{name} is neither on nor off.",
                next_step=f"{name}=on or {name}=off",
            )
        return default

    def text(self, name: str, default: str = "") -> str:
        """The value, without blank space around it; ``default`` where it is unset or empty."""
        raw = self._env.ENVIRON.get(name, "")
        # django-environ takes "$NAME" for a reference to another variable, and quotes the name
        # in its error: a key or password may begin with a dollar sign.
        text = raw if raw.startswith("$") else str(self._env.str(name, default=""))
        return text.strip() or default

    def words(self, name: str) -> list[str]:
        """The words of a comma-separated list."""
        return [word.strip() for word in self.text(name).split(",") if word.strip()]

    def folder(self, name: str, default: Path) -> Path:
        """A directory; ``~`` is the home."""
        text = self.text(name)
        return Path(text).expanduser().absolute() if text else default

    def control(self, development_socket: Path) -> Database:
        """The control database: ``DATABASE_URL``, else the development server's."""
        dsn = self.text(CONTROL_VARIABLE)
        if dsn:
            return database(CONTROL_VARIABLE, dsn)
        return _django(
            {"host": str(development_socket), "user": "postgres", "dbname": CONTROL_DATABASE}
        )

    def targets(self, own: Iterable[str], control: Database) -> dict[str, Database]:
        """The target databases by alias.

        ``own`` aliases default to ``<control database>_<alias>`` on the control's server. Those
        that ``CEREMONY_EXTRA_ALIASES`` adds do so on the development server alone; elsewhere they
        must have an address.
        """
        found = {}
        defaulting = set(own)
        extra = [_checked_alias(alias) for alias in self.words("CEREMONY_EXTRA_ALIASES")]
        for alias in dict.fromkeys([*own, *extra]):
            variable = f"{alias.upper()}_{CONTROL_VARIABLE}"
            dsn = self.text(variable)
            if dsn:
                found[alias] = database(variable, dsn)
            elif alias not in defaulting and self.text(CONTROL_VARIABLE):
                raise UsageError(
                    "dsn-missing",
                    f"CEREMONY_EXTRA_ALIASES names {alias}, and {variable} is not set.",
                    next_step=f"{variable}=postgres://user@host/database",
                )
            else:
                found[alias] = {
                    **control,
                    "NAME": f"{control['NAME']}_{alias}",
                    "OPTIONS": dict(control["OPTIONS"]),
                }
        return found

    def notices(self) -> dict[str, Any]:
        """``CEREMONY["NOTICES"]``: who is told of changes."""
        url = self.text("CEREMONY_WEBHOOK_URL")
        secret = self.text("CEREMONY_WEBHOOK_SECRET")
        return {
            "EMAIL": bool(self.text("EMAIL_URL")),
            "FROM": self.text("CEREMONY_EMAIL_FROM"),
            "SITE": self.text("CEREMONY_SITE"),
            "WEBHOOKS": [{"URL": url, "SECRET": secret}] if url else [],
        }

    def mail_server(self) -> dict[str, Any]:
        """Where mail is handed in, as options of Django's SMTP backend; none without ``EMAIL_URL``.

        Raises ``UsageError`` (``variable-invalid``) without a word of the value: it may hold a
        password.
        """
        text = self.text("EMAIL_URL")
        if not text:
            return {}
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            parts, host, port = urlsplit(""), None, None
        if parts.scheme not in _MAIL_PORTS or not host:
            raise UsageError(
                "variable-invalid",
                "EMAIL_URL is not the address of a mail server.",
                next_step="EMAIL_URL=smtp+tls://user:password@host:587 (special characters "
                "percent-encoded), smtp:// or smtp+ssl://",
            )
        return {
            "host": host,
            "port": port or _MAIL_PORTS[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtp+ssl",
        }


def from_process() -> Environment:
    """The environment of this process."""
    return Environment(os.environ)


def database(variable: str, dsn: str) -> Database:
    """One connection string as an entry of Django's ``DATABASES``.

    Raises ``UsageError`` (``dsn-invalid``) naming the variable alone.
    """
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        parts = {}
    if not parts.get("dbname") or _misread(dsn, parts):
        raise UsageError(
            "dsn-invalid",
            f"{variable} is not a PostgreSQL connection string that names a database.",
            next_step=f"{variable}=postgres://user@host:5432/database"
            " (special characters percent-encoded)",
        ) from None
    return _django(parts)


def _misread(dsn: str, parts: Mapping[str, Any]) -> bool:
    """Whether a special character of the password was taken for a delimiter.

    Part of the password is then the host, the port or the database, and would stand in messages. A
    real ``@`` or ``/`` is written ``%40`` or ``%2F`` (RFC 3986, 3.2.1).
    """
    head = dsn.partition("://")[2].partition("?")[0]
    authority = head.partition("/")[0]
    ports = str(parts.get("port") or "").split(",")
    return (
        authority.count("@") > 1
        or "@" in head[len(authority) :]
        or not all(port.isdecimal() or not port for port in ports)
    )


def conninfo(entry: Mapping[str, Any], **instead: str) -> str:
    """An entry of ``DATABASES`` as a connection string; ``instead`` replaces parts of it."""
    named = {key: entry[name] for key, name in DJANGO_NAMES.items() if entry.get(name)}
    return make_conninfo(**{**named, **entry["OPTIONS"], **instead})


def kept_secret(state: Path, name: str) -> str:
    """A random secret of this checkout, made on first use and kept in ``state`` for its owner.

    Raises ``UsageError`` (``secret-unwritable``).
    """
    path = state / name
    try:
        state.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii")
    except OSError as error:
        raise UsageError(
            "secret-unwritable",
            f"No secret can be kept in {path}: {error.strerror}.",
            next_step=f"make {state} writable, or set SECRET_KEY and DATABASE_URL",
        ) from error


def _write_once(path: Path, text: str) -> None:
    """Write a whole file or none; of two at once the first wins."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(text, encoding="ascii")
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _checked_alias(alias: str) -> str:
    if not ALIAS.fullmatch(alias) or alias in RESERVED_ALIASES:
        raise UsageError(
            "alias-invalid",
            f"CEREMONY_EXTRA_ALIASES: {alias!r} cannot be the alias of a target.",
            next_step="use lower-case letters, digits and _, a letter first, and not 'default'",
        )
    return alias


def _django(parts: Mapping[str, Any]) -> Database:
    named = {DJANGO_NAMES[key]: str(value) for key, value in parts.items() if key in DJANGO_NAMES}
    options = {key: value for key, value in parts.items() if key not in DJANGO_NAMES}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        **named,
        "OPTIONS": options,
    }
