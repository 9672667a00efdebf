"""Every page, in each state worth seeing: which one, and who looks at it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.urls import reverse

from ceremony.models import (
    Attempt,
    AuditEvent,
    CatalogSnapshot,
    Ceremony,
    CheckRecord,
    JudgedItem,
    MigrationRecord,
    Rehearsal,
    Run,
    Target,
)
from tests.e2e.town import Town

Arguments = Callable[[Town], tuple[Any, ...]]


@dataclass(frozen=True)
class Page:
    """``address`` is the name of a URL below ``admin:ceremony_``; ``query`` what follows it."""

    name: str
    address: str
    of: Arguments = lambda town: ()
    by: str = "auditor"
    query: str = ""

    def url(self, town: Town) -> str:
        path = reverse(f"admin:{self.full_name}", args=self.of(town))
        return f"{town.site.address}{path}{self.query}"

    @property
    def full_name(self) -> str:
        ours = self.address not in {"index", "app_list"}
        return f"ceremony_{self.address}" if ours else self.address


def _shown(name: str, *more: Any) -> Arguments:
    return lambda town: (town.shown[name].pk, *more)


def _target(alias: str) -> Arguments:
    return lambda town: (Target.objects.get(alias=alias).pk,)


def _plan(alias: str, series: str) -> Arguments:
    return lambda town: (*_target(alias)(town), series)


def _first(model: Any, **where: Any) -> Arguments:
    return lambda town: (model.objects.filter(**where).order_by("pk")[0].pk,)


def _last(model: Any, **where: Any) -> Arguments:
    return lambda town: (model.objects.filter(**where).latest("pk").pk,)


def _item(name: str, phase: str) -> Arguments:
    def found(town: Town) -> tuple[int, int]:
        ceremony: Ceremony = town.shown[name]
        rows = JudgedItem.objects.filter(
            manifest__ceremony=ceremony, phase=phase, kind="human", result="NOT RUN"
        )
        return ceremony.pk, rows.latest("pk").pk

    return found


def _ceremonies() -> Iterator[Page]:
    yield Page("ceremonies", "ceremony_changelist", by="dba")
    yield Page("ceremonies, none found", "ceremony_changelist", query="?q=nothing-like-this")
    yield Page("ceremonies of the author", "ceremony_changelist", by="author")
    for name, by in (
        ("calendar", "reviewer"), ("waiting", "dba"), ("half signed", "reviewer"),
        ("changes requested", "author"), ("stale", "author"), ("ready", "operator"),
        ("awaiting sign-off", "reviewer"), ("signed off", "auditor"), ("overridden", "dba"),
        ("halted", "dba"), ("decided", "operator"), ("draft", "author"), ("running", "operator"),
        ("verifying", "auditor"), ("rolled back", "auditor"), ("rejected", "auditor"),
        ("cancelled", "auditor"), ("expired", "author"), ("hostile", "dba"),
    ):  # fmt: skip
        yield Page(f"ceremony, {name}", "ceremony_change", _shown(name), by)
    yield Page("report", "ceremony_report", _shown("signed off"))
    yield Page("ceremony, waiting, as its author", "ceremony_change", _shown("waiting"), "author")
    yield Page("ceremony, waiting, as a reader", "ceremony_change", _shown("waiting"))


def _acts() -> Iterator[Page]:
    yield Page("request", "ceremony_request", by="author")
    yield Page("sign", "ceremony_sign", _shown("waiting"), "reviewer")
    yield Page("sign, calendar", "ceremony_sign", _shown("calendar"), "reviewer")
    yield Page("sign, stale", "ceremony_sign", _shown("stale"), "dba")
    yield Page("sign, too late", "ceremony_sign", _shown("signed off"), "dba")
    yield Page("sign, hostile", "ceremony_decision", _shown("hostile"), "dba")
    yield Page("accept", "ceremony_accept", _shown("awaiting sign-off"), "reviewer")
    yield Page("decision", "ceremony_decision", _shown("halted"), "dba")
    yield Page("run it", "ceremony_run", _shown("ready"), "operator")
    yield Page("run it, not approved", "ceremony_run", _shown("waiting"), "operator")
    yield Page("take it back", "ceremony_way_back", _shown("decided"), "operator")
    yield Page("verify again", "ceremony_verify_again", _shown("verifying"), "operator")
    yield Page("review", "ceremony_review", _shown("overridden"), "dba")
    withdraw = _shown("half signed", "approval")
    yield Page("withdraw", "ceremony_withdraw", withdraw, "reviewer")
    yield Page("new round", "ceremony_again", _shown("changes requested"), "author")
    yield Page("cancel", "ceremony_cancel", _shown("waiting"), "author")
    yield Page("answer", "ceremony_answer", _item("waiting", "pre-flight"), "dba")
    yield Page("answer, backup", "ceremony_answer", _item("calendar", "pre-flight"), "dba")
    yield Page("waive", "ceremony_waive", _item("waiting", "pre-flight"), "dba")
    yield Page("remark", "ceremony_remark", _shown("signed off"), "dba")
    for act in ("halt", "assess", "decide", "execute", "document"):
        yield Page(f"{act} a target", f"target_{act}", _target("shop_halted"), "dba")
    yield Page("halt a target that runs", "target_halt", _target("shop_ready"), "dba")


def _record() -> Iterator[Page]:
    yield Page("index", "index", by="dba")
    yield Page("index of the app", "app_list", lambda town: ("ceremony",), "dba")
    for name in ("target", "migrationrecord", "run", "attempt", "auditevent", "catalogsnapshot",
                 "rehearsal", "checkrecord"):  # fmt: skip
        yield Page(f"list of {name}", f"{name}_changelist")
    yield Page("target", "target_change", _target("shop_ready"))
    yield Page("target, halted", "target_change", _target("shop_halted"), "dba")
    yield Page("record", "migrationrecord_change", _first(MigrationRecord, series="calendar"))
    yield Page("run", "run_change", _last(Run, kind="apply", outcome__verdict="PASS"))
    yield Page("run, failed", "run_change", _last(Run, target__alias="shop_halted"))
    yield Page("attempt", "attempt_change", _first(Attempt, series="calendar"))
    failed = _last(Attempt, run__target__alias="shop_halted", outcomes__state="failed")
    yield Page("attempt, failed", "attempt_change", failed)
    yield Page("attempt, partly", "attempt_change", _first(Attempt, outcomes__state="partly"))
    yield Page("check", "checkrecord_change", _last(CheckRecord, result="FAIL"))
    yield Page("matrix", "migrationrecord_matrix", lambda town: ("shop",))
    yield Page("plan", "target_plan", _plan("calendar_live", "calendar"))
    yield Page("event", "auditevent_change", _last(AuditEvent))
    yield Page("snapshot", "catalogsnapshot_change", _last(CatalogSnapshot))
    yield Page("rehearsal", "rehearsal_change", _first(Rehearsal, series="calendar"))


GALLERY = (*_ceremonies(), *_acts(), *_record())

NO_PAGES = {
    "ceremony_ceremony_file": "a file",
    "ceremony_ceremony_state": "JSON, for a page that stands open",
    "ceremony_ceremony_started": "the same, for the page of a start",
    "ceremony_auditevent_check": "an act, which leads back to the list",
}
"""Addresses that answer with something else than a page, and with what."""

ELSEWHERE = ("_add", "_delete", "_history", "_export")
"""Addresses of every model: Django's own, which are refused or the page itself, and files."""


def addresses() -> set[str]:
    """The names of all addresses of ours, from the URL list."""
    reverse("admin:index")  # the list is made when an address is first asked for
    found = set()
    for model, one in admin.site._registry.items():
        if model._meta.app_label == "ceremony":
            found |= {str(url.name) for url in one.get_urls() if getattr(url, "name", None)}
    return {name for name in found if not name.endswith(ELSEWHERE)}
