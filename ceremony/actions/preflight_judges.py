"""How each automatic item of pre-flight is judged from what was seen."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType

from ceremony import conf
from ceremony.actions.access import Access
from ceremony.core.chain import Json
from ceremony.core.checklist import ids
from ceremony.core.checklist.items import clean_before, required_before
from ceremony.core.checklist.judging import (
    UNANSWERED,
    failed,
    judged_by_checks,
    listed,
    not_run,
    passed,
)
from ceremony.core.checklist.preflight import Preflight
from ceremony.core.item import Item, ItemKind, Judged
from ceremony.core.plan import Plan, plan_digest
from ceremony.errors import CeremonyError
from ceremony.pg.preflight import Looked, Other
from ceremony.pg.verify import run_checks

_GRANT = "GRANT pg_read_all_stats to the role of the target lets it see them."


@dataclass(frozen=True)
class Seen:
    """What items are judged by. ``looked`` is ``None`` where the target was not asked, and ``why``
    is the reason; ``at`` is UTC.
    """

    access: Access
    plan: Plan
    asked: Preflight
    looked: Looked | None
    why: str
    at: datetime


def judge(item: Item, seen: Seen) -> Judged:
    """One item; what only people can answer, and what was not looked at, is NOT RUN."""
    if item.kind is ItemKind.HUMAN:
        return not_run(item, seen.at, UNANSWERED)
    known = _KNOWN.get(item.id)
    if known is not None:
        return known(item, seen)
    if seen.looked is None:
        return not_run(item, seen.at, seen.why)
    return _ASKED[item.id](item, seen, seen.looked)


def _reachable(item: Item, seen: Seen) -> Judged:
    identity = seen.access.session.identity
    return passed(
        item,
        seen.at,
        f"Reached: {identity.place}.",
        system_identifier=identity.system_identifier,
        database=identity.database,
        role=identity.session_user,
        server_version=identity.server_version,
    )


def _server_version(item: Item, seen: Seen) -> Judged:
    found = seen.access.session.identity.server_version
    told = f"The server is PostgreSQL {found // 10_000}.{found % 10_000}."
    judged = passed if found >= seen.asked.min_version else failed
    return judged(item, seen.at, told, server_version=found, wanted=seen.asked.min_version)


def _files(item: Item, seen: Seen) -> Judged:
    """Files that are missing, changed or not understood refuse the plan before anybody looks."""
    count = len(seen.plan.steps)
    told = f"{count} {'migration is' if count == 1 else 'migrations are'} there and understood."
    return passed(item, seen.at, told, plan=plan_digest(seen.plan))


def _flags(item: Item, seen: Seen) -> Judged:
    states = conf.flags(seen.asked.flags_off)
    told: dict[str, Json] = {name: where or "off" for name, where in states.items()}
    on = [f"{name} (in {where})" for name, where in states.items() if where]
    if on:
        return failed(item, seen.at, f"Switch off: {listed(on)}.", flags=told)
    why = f"None of {len(states)} is on, in this process's environment or in Django's settings."
    return passed(item, seen.at, why, flags=told)


def _extensions(item: Item, seen: Seen, looked: Looked) -> Judged:
    missing = [one for one in seen.asked.extensions if one not in looked.extensions]
    there: dict[str, Json] = {
        one: looked.extensions[one] for one in seen.asked.extensions if one not in missing
    }
    if not missing:
        return passed(item, seen.at, f"Installed: {listed(there)}.", installed=there)
    told = [
        f"{one} ({'CREATE EXTENSION' if one in looked.available else 'not on the server'})"
        for one in missing
    ]
    return failed(item, seen.at, f"Missing: {listed(told)}.", installed=there, missing=missing)


def _required(item: Item, seen: Seen, looked: Looked) -> Judged:
    wanted = required_before(seen.asked, seen.plan)
    missing = [one for number, one in enumerate(wanted) if number not in looked.required]
    if missing:
        return failed(item, seen.at, f"Not there: {listed(missing)}.", missing=missing)
    return passed(item, seen.at, f"There: {listed(wanted)}.", there=list(wanted))


def _clean(item: Item, seen: Seen, looked: Looked) -> Judged:
    wanted = clean_before(seen.asked, seen.plan)
    filled = [one for number, one in enumerate(wanted) if number in looked.filled]
    unread = [one for number, one in enumerate(wanted) if number in looked.unreadable]
    if filled:
        return failed(item, seen.at, f"Rows stand in {listed(filled)}.", filled=filled)
    if looked.unasked:
        return not_run(item, seen.at, f"They could not be asked: {looked.unasked}")
    if unread:
        return not_run(
            item, seen.at, f"The role may not read all of {listed(unread)}.", unread=unread
        )
    return passed(item, seen.at, f"Absent or empty: {listed(wanted)}.", looked_at=list(wanted))


def _long(item: Item, seen: Seen, looked: Looked) -> Judged:
    return _others(item, seen, looked, looked.long)


def _in_the_way(item: Item, seen: Seen, looked: Looked) -> Judged:
    return _others(item, seen, looked, looked.in_the_way)


def _others(item: Item, seen: Seen, looked: Looked, others: Sequence[Other]) -> Judged:
    evidence: list[Json] = [asdict(one) for one in others]
    if others:
        told = listed(_shown(one) for one in others)
        return failed(item, seen.at, f"Wait for, or end: {told}.", sessions=evidence)
    if looked.unseen:
        unseen = "1 session" if looked.unseen == 1 else f"{looked.unseen} sessions"
        why = f"Of {unseen} of other roles nothing can be seen. {_GRANT}"
        return not_run(item, seen.at, why, unseen=looked.unseen)
    return passed(item, seen.at, "None was found.")


def _shown(one: Other) -> str:
    facts = (
        one.application,
        f"role {one.role}" if one.role else "",
        f"for {one.seconds} s" if one.seconds else "",
        f"locks {one.table}" if one.table else "",
    )
    told = ", ".join(fact for fact in facts if fact)
    return f"process {one.pid} ({told})" if told else f"process {one.pid}"


def _prepared(item: Item, seen: Seen, looked: Looked) -> Judged:
    if looked.prepared:
        told = f"COMMIT PREPARED or ROLLBACK PREPARED: {listed(looked.prepared)}."
        return failed(item, seen.at, told, prepared=list(looked.prepared))
    return passed(item, seen.at, "None was found.")


def _invalid(item: Item, seen: Seen, looked: Looked) -> Judged:
    return judged_indexes(item, seen.at, looked.invalid)


def judged_indexes(item: Item, at: datetime, invalid: Sequence[str]) -> Judged:
    """The item about invalid indexes, of pre-flight and of the verification alike."""
    if invalid:
        told = f"REINDEX INDEX CONCURRENTLY or DROP INDEX: {listed(invalid)}."
        return failed(item, at, told, invalid=list(invalid))
    return passed(item, at, "None was found.")


def _replicas(item: Item, seen: Seen, looked: Looked) -> Judged:
    evidence: list[Json] = [asdict(one) for one in looked.replicas]
    unknown = [one for one in looked.replicas if one.milliseconds is None]
    behind = [
        f"{one.name} ({one.milliseconds} ms)"
        for one in looked.replicas
        if (one.milliseconds or 0) > seen.asked.replica_lag
    ]
    if behind:
        return failed(item, seen.at, f"Behind: {listed(behind)}.", replicas=evidence)
    if unknown:
        told = listed(f"{one.name} ({one.state})" if one.state else one.name for one in unknown)
        why = "" if all(one.state for one in unknown) else f" {_GRANT}"
        return not_run(item, seen.at, f"The lag of {told} cannot be seen.{why}", replicas=evidence)
    count = len(looked.replicas)
    told = f"{count} are near enough." if count else "No replica is connected."
    return passed(item, seen.at, told, replicas=evidence)


def _disk(item: Item, seen: Seen, looked: Looked) -> Judged:
    if looked.free is None:
        why = (
            "SQL cannot tell the free disk, and the data directory is not on this machine or not "
            "to be seen by the role."
        )
        return not_run(item, seen.at, why)
    told = f"{looked.free // 2**20} MB are free."
    judged = passed if looked.free >= seen.asked.disk_free else failed
    return judged(item, seen.at, told, free=looked.free, wanted=seen.asked.disk_free)


def _checks(item: Item, seen: Seen, looked: Looked) -> Judged:
    try:
        outcomes = run_checks(seen.access.session, seen.plan.steps[0].checks_before)
    except CeremonyError as error:
        return not_run(item, seen.at, f"They could not be asked: {error.happened} [{error.code}]")
    return judged_by_checks(item, seen.at, outcomes)


_KNOWN: Mapping[str, Callable[[Item, Seen], Judged]] = MappingProxyType(
    {
        ids.REACHABLE: _reachable,
        ids.SERVER_VERSION: _server_version,
        ids.FILES: _files,
        ids.FLAGS_OFF: _flags,
    }
)
"""The items that are known without asking the target."""

_ASKED: Mapping[str, Callable[[Item, Seen, Looked], Judged]] = MappingProxyType(
    {
        ids.EXTENSIONS: _extensions,
        ids.REQUIRED_OBJECTS: _required,
        ids.CLEAN_STATE: _clean,
        ids.LONG_TRANSACTIONS: _long,
        ids.OTHER_SESSIONS: _in_the_way,
        ids.PREPARED: _prepared,
        ids.INVALID_INDEXES: _invalid,
        ids.REPLICA_LAG: _replicas,
        ids.DISK_FREE: _disk,
        ids.CHECKS_BEFORE: _checks,
    }
)
"""Those that it is asked for."""
