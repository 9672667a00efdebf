"""The only reader of settings: ``settings.CEREMONY`` and ``settings.DATABASES`` as typed values.

Everything below this layer gets these values passed in and reads no settings of its own.
"""

import ipaddress
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings as django_settings

from ceremony.core.after_run import AfterRun, read_after_run
from ceremony.core.directives import milliseconds
from ceremony.core.drift import DriftPolicy
from ceremony.core.notice_settings import NoticeSettings, read_notices
from ceremony.core.policies.given import LOCAL, UNKNOWN, Policies, read_policies
from ceremony.core.readiness import ACCEPTABLE, ReadinessState
from ceremony.core.starting import StartSettings, read_starts
from ceremony.errors import UsageError

__all__ = [
    "LOCAL",
    "UNKNOWN",
    "GateSettings",
    "Settings",
    "TargetSettings",
    "gate_with",
    "is_alias",
    "load",
    "target",
]

_KNOWN = {
    "ROOT",
    "LEDGER_SCHEMA",
    "TARGETS",
    "LOCK_TIMEOUT",
    "STATEMENT_TIMEOUT",
    "PG_BIN",
    "KEEP_ERROR_DETAIL",
    "GATE",
    "POLICIES",
    "PEOPLE",
    "NOTICES",
    "RUN_FROM_PAGE",
    "RUN_LOGS",
    "MANAGE_PY",
    "GUIDE",
}
_OF_GATE = {"SERIES", "ACCEPT", "CONTRACT", "TIMEOUT"}
_OF_TARGETS = {"ENVIRONMENT", "DRIFT", "REHEARSAL", "AFTER_RUN", "AFTER_RUN_TIMEOUT", "COUNT_UP_TO"}
_OFF = {"", "0", "false", "off", "no", "none"}
_REQUIRED = "required"
_Read = TypeVar("_Read")


@dataclass(frozen=True)
class GateSettings:
    """``CEREMONY["GATE"]``: what start-up and readiness probes ask and accept.

    ``series`` are those that are looked at; empty means all that have a target. ``accept`` are the
    states that count as ready, ``contract`` whether the contract is asked too (a second query),
    ``timeout`` the milliseconds that one target has to answer.
    """

    series: tuple[str, ...] = ()
    accept: frozenset[ReadinessState] = frozenset({ReadinessState.MATCH})
    contract: bool = False
    timeout: int = 5_000


@dataclass(frozen=True)
class Settings:
    """``settings.CEREMONY`` as values.

    ``root`` is the folder of series. ``environments`` maps aliases to environment names, ``drift``
    those that have a policy of their own to it, ``rehearsed`` those that demand a rehearsal.
    Timeouts are milliseconds: ``lock_timeout`` for every wait for a lock (PostgreSQL's
    ``lock_timeout``), ``statement_timeout`` for every statement, 0 for none. ``pg_bin`` is the
    folder of ``pg_dump``, ``""`` to look in PATH. ``keep_error_detail`` says whether DETAIL and
    CONTEXT of server errors, which may quote row data, are kept; ``None`` means: on local
    targets only. ``gate`` is for start-up and readiness probes. ``policies`` are those of the
    environments; ``people`` maps names of the operating system's users to those of accounts.
    ``after_run`` maps aliases to what is run after a run. ``starts`` says what pages start.
    ``guide`` is the address of a page for those who begin, ``""`` for none.
    """

    root: Path
    ledger_schema: str = "public"
    environments: Mapping[str, str] = field(default_factory=dict)
    drift: Mapping[str, DriftPolicy] = field(default_factory=dict)
    rehearsed: frozenset[str] = frozenset()
    lock_timeout: int = 5_000
    statement_timeout: int = 0
    pg_bin: str = ""
    keep_error_detail: bool | None = None
    gate: GateSettings = GateSettings()
    policies: Policies = field(default_factory=Policies)
    after_run: Mapping[str, AfterRun] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    starts: StartSettings = field(default_factory=StartSettings)
    guide: str = ""


@dataclass(frozen=True)
class TargetSettings:
    """One ``DATABASES`` alias as a target.

    ``parameters`` are libpq keywords and may hold a password: never print them. ``drift`` is the
    policy that settings give, ``None`` where they are silent. ``rehearsal_required``: nothing is
    applied that was not rehearsed.
    """

    alias: str
    environment: str
    parameters: Mapping[str, str] = field(repr=False)
    drift: DriftPolicy | None = None
    rehearsal_required: bool = False

    @property
    def protected(self) -> bool:
        """Whether a change needs more than typing the command. Only local targets are open."""
        return self.environment != LOCAL

    @property
    def drift_policy(self) -> DriftPolicy:
        """What drift does to a run; without a word in the settings, protected targets block."""
        return self.drift or (DriftPolicy.BLOCK if self.protected else DriftPolicy.WARN)

    def shown(self, keyword: str, default: str = "") -> str:
        """One harmless parameter (host, port, dbname, user) for messages."""
        return self.parameters.get(keyword, default)


def load() -> Settings:
    """``settings.CEREMONY`` as values.

    Raises UsageError (settings-invalid) for what cannot be understood.
    """
    raw: Mapping[str, Any] = getattr(django_settings, "CEREMONY", {})
    if unknown := sorted(set(raw) - _KNOWN):
        raise _invalid(
            f"CEREMONY has no setting {unknown[0]!r}.", f"Known: {', '.join(sorted(_KNOWN))}."
        )
    if "ROOT" not in raw:
        raise _invalid(
            "CEREMONY['ROOT'], the folder of series, is not set.", "Set it in your settings."
        )
    return Settings(
        root=Path(raw["ROOT"]).expanduser(),
        ledger_schema=str(raw.get("LEDGER_SCHEMA", "public")),
        environments=_environments(raw),
        drift=_drift(raw),
        rehearsed=_rehearsed(raw),
        after_run=_right(read_after_run(raw.get("TARGETS", {}))),
        lock_timeout=_timeout(raw, "LOCK_TIMEOUT", "5s"),
        statement_timeout=_timeout(raw, "STATEMENT_TIMEOUT", "0"),
        pg_bin=str(raw.get("PG_BIN", "")),
        keep_error_detail=raw.get("KEEP_ERROR_DETAIL"),
        gate=gate_with(GateSettings(), raw.get("GATE", {})),
        policies=_policies(raw),
        people=_people(raw),
        notices=_right(read_notices(raw.get("NOTICES", {}))),
        starts=_right(read_starts(raw)),
        guide=_guide(raw),
    )


def target(alias: str, settings: Settings) -> TargetSettings:
    """The target behind a ``DATABASES`` alias.

    Raises UsageError (alias-unknown, alias-not-postgresql).
    """
    databases = django_settings.DATABASES
    if alias not in databases:
        raise UsageError(
            "alias-unknown",
            f"There is no database alias {alias!r}; settings know {', '.join(sorted(databases))}.",
            next_step="Give one of those with --database, or add it: "
            f"CEREMONY_EXTRA_ALIASES={alias} "
            f"{alias.upper()}_DATABASE_URL=postgres://…",
        )
    database = databases[alias]
    if "postgresql" not in str(database.get("ENGINE", "")):
        raise UsageError(
            "alias-not-postgresql",
            f"The database alias {alias!r} is not a PostgreSQL database.",
            next_step="Give a PostgreSQL alias with --database.",
        )
    parameters = _parameters(database)
    environment = _environment(alias, parameters, settings)
    required = alias in settings.rehearsed
    return TargetSettings(alias, environment, parameters, settings.drift.get(alias), required)


def is_alias(name: str) -> bool:
    """Whether ``DATABASES`` has an alias of this name."""
    return name in django_settings.DATABASES


def _parameters(database: Mapping[str, Any]) -> dict[str, str]:
    pairs = {
        "host": database.get("HOST"),
        "port": database.get("PORT"),
        "dbname": database.get("NAME"),
        "user": database.get("USER"),
        "password": database.get("PASSWORD"),
    }
    options = {
        keyword: value
        for keyword, value in (database.get("OPTIONS") or {}).items()
        if isinstance(value, str | int)
        and not isinstance(value, bool)
        and keyword not in {"isolation_level", "server_side_binding", "pool", "assume_role"}
    }
    given = {k: str(v) for k, v in {**pairs, **options}.items() if v not in (None, "")}
    return _from_the_process(given) | given


def _from_the_process(given: Mapping[str, str]) -> dict[str, str]:
    """What libpq takes from environment variables where settings are silent (manual, 34.15).

    It decides which server is reached, and so whether that is a local one. A service goes before
    the other variables; its file is libpq's to read.
    """
    asked = {
        keyword: os.environ[f"PG{keyword.upper()}"]
        for keyword in ("service", "host", "hostaddr", "port", "user")
        if os.environ.get(f"PG{keyword.upper()}")
    }
    if "service" in {**asked, **given}:
        return {k: v for k, v in asked.items() if k == "service"}
    return asked


def _environment(alias: str, parameters: Mapping[str, str], settings: Settings) -> str:
    if alias in settings.environments:
        return settings.environments[alias]
    if "service" in parameters:
        return UNKNOWN
    hosts = f"{parameters.get('host', '')},{parameters.get('hostaddr', '')}".split(",")
    return LOCAL if all(_is_local(host) for host in hosts) else UNKNOWN


def _is_local(host: str) -> bool:
    """Socket folders, ``localhost`` and loopback addresses (RFC 1122 3.2.1.3, RFC 4291 2.5.3)."""
    if host in {"", "localhost"} or host.startswith(("/", "@")):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _environments(raw: Mapping[str, Any]) -> dict[str, str]:
    """``CEREMONY["TARGETS"] = {alias: {"ENVIRONMENT": name or None, …}}`` as alias to name."""
    targets: Mapping[str, Mapping[str, Any]] = raw.get("TARGETS", {})
    for alias, keys in targets.items():
        if unknown := sorted(set(keys) - _OF_TARGETS):
            raise _invalid(
                f"CEREMONY['TARGETS'][{alias!r}] has no setting {unknown[0]!r}.",
                f"Known: {', '.join(sorted(_OF_TARGETS))}.",
            )
    return {
        alias: keys["ENVIRONMENT"] for alias, keys in targets.items() if keys.get("ENVIRONMENT")
    }


def _drift(raw: Mapping[str, Any]) -> dict[str, DriftPolicy]:
    """``CEREMONY["TARGETS"] = {alias: {"DRIFT": word or None, …}}`` as alias to policy."""
    targets: Mapping[str, Mapping[str, Any]] = raw.get("TARGETS", {})
    given = {alias: keys["DRIFT"] for alias, keys in targets.items() if keys.get("DRIFT")}
    for alias, word in given.items():
        if word not in list(DriftPolicy):
            raise _invalid(
                f"CEREMONY['TARGETS'][{alias!r}]['DRIFT'] is {word!r}, which is no policy.",
                "Write block or warn.",
            )
    return {alias: DriftPolicy(word) for alias, word in given.items()}


def flags(names: Iterable[str]) -> dict[str, str]:
    """Each feature flag with where it is on: ``environment``, ``settings`` or ``""`` for nowhere.

    Looked for are an environment variable and a setting of this name. Off are what is not there,
    what is false, and the words 0, false, off, no and none.
    """
    return {name: _where_on(name) for name in names}


def _where_on(name: str) -> str:
    if os.environ.get(name, "").strip().lower() not in _OFF:
        return "environment"
    value = getattr(django_settings, name, None)
    return "settings" if value and str(value).strip().lower() not in _OFF else ""


def _rehearsed(raw: Mapping[str, Any]) -> frozenset[str]:
    """``CEREMONY["TARGETS"] = {alias: {"REHEARSAL": "required" or None, …}}`` as aliases."""
    targets: Mapping[str, Mapping[str, Any]] = raw.get("TARGETS", {})
    given = {alias: keys["REHEARSAL"] for alias, keys in targets.items() if keys.get("REHEARSAL")}
    for alias, word in given.items():
        if word != _REQUIRED:
            raise _invalid(
                f"CEREMONY['TARGETS'][{alias!r}]['REHEARSAL'] is {word!r}, which is no policy.",
                "Write required, or leave it out.",
            )
    return frozenset(given)


def gate_with(gate: GateSettings, raw: Mapping[str, Any]) -> GateSettings:
    """``gate`` with what ``raw`` says otherwise, in the keys of ``CEREMONY["GATE"]``.

    A match is always ready. Raises UsageError (settings-invalid) for what cannot be understood.
    """
    if unknown := sorted(set(raw) - _OF_GATE):
        raise _invalid(
            f"CEREMONY['GATE'] has no setting {unknown[0]!r}.",
            f"Known: {', '.join(sorted(_OF_GATE))}.",
        )
    accept = raw.get("ACCEPT", gate.accept)
    if not _words(accept) or not accept or any(word not in ACCEPTABLE for word in accept):
        raise _invalid(
            f"The gate's ACCEPT is {accept!r}.",
            f"Write a list of these: {', '.join(ACCEPTABLE)}.",
        )
    series = raw.get("SERIES", gate.series)
    if not _words(series):
        raise _invalid(f"The gate's SERIES is {series!r}.", "Write a list of names of series.")
    contract = raw.get("CONTRACT", gate.contract)
    if not isinstance(contract, bool):
        raise _invalid(f"The gate's CONTRACT is {contract!r}.", "Write True or False.")
    wait = _timeout(raw, "TIMEOUT", f"{gate.timeout}ms", of="CEREMONY['GATE']")
    return GateSettings(
        series=tuple(series),
        accept=frozenset({ReadinessState.MATCH, *map(ReadinessState, accept)}),
        contract=contract,
        timeout=wait or gate.timeout,
    )


def _right(read: tuple[_Read, tuple[str, str] | None]) -> _Read:
    """What was read, unless something is wrong with it."""
    found, wrong = read
    if wrong:
        raise _invalid(*wrong)
    return found


def _guide(raw: Mapping[str, Any]) -> str:
    guide = raw.get("GUIDE", "")
    if isinstance(guide, str) and (not guide or guide.startswith(("https://", "http://", "/"))):
        return guide
    raise _invalid(
        f"CEREMONY['GUIDE'] is {guide!r}.", "Write an address that begins with https:// or /."
    )


def _policies(raw: Mapping[str, Any]) -> Policies:
    policies, wrong = read_policies(raw.get("POLICIES", {}))
    for one in wrong:
        raise _invalid(f"CEREMONY['POLICIES']{one.place}: {one.message}", one.hint)
    return policies


def _people(raw: Mapping[str, Any]) -> dict[str, str]:
    people = raw.get("PEOPLE", {})
    if isinstance(people, Mapping) and _words([*people.keys(), *people.values()]):
        return dict(people)
    raise _invalid(
        f"CEREMONY['PEOPLE'] is {people!r}.",
        "Write {user of the operating system: username of the account}.",
    )


def _words(value: object) -> bool:
    """Whether it is several texts, and not one."""
    if not isinstance(value, Collection) or isinstance(value, str | bytes | Mapping):
        return False
    return all(isinstance(one, str) for one in value)


def _timeout(raw: Mapping[str, Any], name: str, default: str, *, of: str = "CEREMONY") -> int:
    text = str(raw.get(name, default))
    value = 0 if text == "0" else milliseconds(text)
    if value is None:
        raise _invalid(
            f"{of}[{name!r}] is {text!r}, which is no duration.",
            "Write 500ms, 5s, 10min or 1h.",
        )
    return value


def _invalid(happened: str, next_step: str) -> UsageError:
    return UsageError("settings-invalid", happened, next_step=next_step)
