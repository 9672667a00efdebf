"""A control database with something of everything, and one text wherever a text can come in."""

from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client

from ceremony.core.halting import Station
from ceremony.core.policy import PROTECTED, Quorum
from ceremony.core.states import State
from ceremony.models import Purpose, RunPurpose
from ceremony.models.audit import Act, Action, append
from tests.django import factories, scenes
from tests.django.ceremonies import move, path_to, person, sign_off
from tests.django.evidence_samples import finding, message, observed, problem, statement
from tests.django.rehearsals import rehearsal

HOSTILE = "<script>alert('x')</script>\u202eevil\u0007"
SHOWN = "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;[U+202E]evil[U+0007]"
VERBS = ("request", "sign", "run", "halt", "override")
STATES = ("done", "failed", "partly", "unknown", "not started")


@dataclass(frozen=True)
class Everything:
    """What was made: the run with the attempts, and the ceremony that it belongs to."""

    target: Any
    run: Any
    ceremony: Any


def everything(text: str = HOSTILE, state: State = State.AWAITING_SIGN_OFF) -> Everything:
    """A target, a run with attempts in every state, a ceremony in ``state`` about which everything
    was said, snapshots, a rehearsal and events.
    """
    target = factories.TargetFactory(
        alias=text, environment=text, host=text, database_name=text, port="5432"
    )
    ceremony = _ceremony(text, state, target)
    run = _run(text, target, ceremony)
    _attempts(text, run)
    _places(text, run)
    rehearsal(text)
    with transaction.atomic():
        append([Act(Action.APPLIED, text, text, text, text, {"text": text, "list": [text]})])
    return Everything(target, run, ceremony)


def _ceremony(text: str, state: State, target: Any) -> Any:
    policy = replace(PROTECTED, approvals=(Quorum("", 1), Quorum(text, 2)))
    facts = {"name": text, "data_loss": text, "risk": "high"}
    ceremony = scenes.scene(
        policy,
        State.REQUESTED,
        facts,
        sql=scenes.HOSTILE_SQL,
        target=target,
        environment=text,
        series=text,
        title=text,
        authors=[text],
        requester=text,
        risk="high",
    )
    scenes.item(ceremony, text=text, explanation=text, by=text, item=text, result="FAIL")
    scenes.item(ceremony, text=text, explanation=text, item="tool", kind="automatic", result="FAIL")
    signer = person(text, "sign", groups=(text,))
    said = {"comment": text, "accepted": [text], "groups": [text]}
    sign_off(ceremony, signer, Purpose.APPROVAL, **said)
    sign_off(ceremony, signer, Purpose.APPROVAL, "comment", **said)
    for act in path_to(state)[1:]:
        move(ceremony, act)
    scenes.remarked(ceremony, text)
    halt = scenes.halted(ceremony).halt
    scenes.halted(ceremony, Station.ASSESS, halt, detail={"found": text})
    return ceremony


def _run(text: str, target: Any, ceremony: Any) -> Any:
    run = factories.RunFactory(
        target=target,
        series=text,
        actor=text,
        host=text,
        command_line=text,
        git_commit=text,
        tool_version=text[:50],
        plan_digest=text,
    )
    factories.RunOutcomeFactory(
        run=run, verdict="FAIL", problem=problem(text), findings=[finding(text)]
    )
    ceremony.runs.create(
        run=run, manifest=ceremony.manifests.get(), purpose=RunPurpose.OVERRIDE, reason=text
    )
    return run


def _attempts(text: str, run: Any) -> None:
    of = {"run": run, "series": text, "name": text, "path": text, "variant": text}
    digests = {"bytes_digest": text, "checks_digest": text, "rollback_digest": text}
    told = {"statements": [statement(text)], "messages": [message(text)], "ledger_hash": text}
    for number, state in enumerate(STATES, 1):
        attempt = factories.AttemptFactory(**of, **digests, number=number, version=f"000{number}")
        failed = problem(text) if state != "done" else None
        factories.OutcomeFactory(attempt=attempt, state=state, problem=failed, **told)
        factories.CheckRecordFactory(attempt=attempt, **_check(text, "FAIL"))
    settled = factories.AttemptFactory(**of, number=9, version="0009")
    factories.OutcomeFactory(attempt=settled, state="unknown", problem=problem(text))
    factories.OutcomeFactory(
        attempt=settled, state="done", settled_by=run, explanation=text, started_at=None
    )
    factories.AttemptFactory(**of, number=10, version="0010")
    factories.CheckRecordFactory(attempt=None, run=run, **_check(text, "PASS"))


def _check(text: str, result: str) -> dict[str, Any]:
    same = dict.fromkeys(("name", "path", "expectation", "explanation", "series"), text)
    return {**same, "observed": observed(text), "result": result}


def _places(text: str, run: Any) -> None:
    same = dict.fromkeys(("series", "name", "path", "applied_by", "bytes_digest"), text)
    attempt = run.attempts.earliest("number")
    for version in ("0001", "0002"):
        factories.MigrationRecordFactory(
            target=run.target, version=version, last_attempt=attempt, **same
        )
    for columns in ({"id": "int"}, {text: text}, {text: "int"}):
        content = factories.CatalogContentFactory(catalog=factories.catalog(**columns))
        factories.CatalogSnapshotFactory(run=run, content=content, reason="accepted", why=text)


def kept() -> dict[str, list[Any]]:
    """Every row of ours, as it is: what an act could have changed."""
    models = apps.get_app_config("ceremony").get_models()
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models
    }


def browser(name: str, view: tuple[str, ...] | None = None, *verbs: str, **fields: Any) -> Client:
    """Somebody logged in who may view these models (``None``: all of ours) and do ``verbs``.

    ``csrf=True`` asks for tokens, as a server does.
    """
    strict = fields.pop("csrf", False)
    user = person(name, *verbs, **fields)
    seen = Permission.objects.filter(
        content_type__app_label="ceremony", codename__startswith="view_"
    )
    if view is not None:
        seen = seen.filter(codename__in=[f"view_{one}" for one in view])
    user.user_permissions.add(*seen)
    client = Client(enforce_csrf_checks=strict)
    client.force_login(user)
    return client
