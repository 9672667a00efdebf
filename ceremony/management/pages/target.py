"""The target in words. No secret is in its facts, so all of them may be shown."""

from ceremony.core.report import TargetFacts


def target_name(target: TargetFacts) -> str:
    """``calendar (local)``."""
    return f"{target.alias} ({target.environment})"


def target_place(target: TargetFacts) -> str:
    """``PostgreSQL 18.4 at 127.0.0.1:5432, database calendar, as ceremony``; what is not known is
    left out.
    """
    where = f"{target.host or 'the local socket'}{f':{target.port}' if target.port else ''}"
    parts = [f"{_server(target.server_version)} at {where}", f"database {target.database}"]
    if target.user:
        parts.append(f"as {target.user}")
    return ", ".join(parts)


def _server(number: int) -> str:
    """PostgreSQL's number is major * 10000 + minor (``PQserverVersion`` in the libpq manual)."""
    return f"PostgreSQL {number // 10000}.{number % 10000}" if number else "PostgreSQL"
