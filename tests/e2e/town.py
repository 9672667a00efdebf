"""A site full of ceremonies: one in each state worth seeing, made by the acts that lead there."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from ceremony.actions import actor
from ceremony.actions.answers import answer
from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest, first_of
from ceremony.actions.subjects import subject_of
from ceremony.core.item import ItemKind, ItemResult, Phase
from ceremony.core.states import State
from ceremony.models import Ceremony, Decision, JudgedItem, Purpose
from tests.acceptance.door import manage
from tests.conftest import Databases, pointed
from tests.django import scenes
from tests.django.ceremonies import PASSWORD
from tests.e2e import files
from tests.e2e.people import gather
from tests.e2e.rules import POLICIES, TARGETS
from tests.e2e.site import Site, running

BY_HAND = "CREATE TABLE orders (id bigint, placed timestamptz, total integer)"


@dataclass
class Town:
    """The site, and the ceremonies by what they are to show."""

    site: Site
    people: dict[str, User]
    shell: Callable[[str], None]
    shown: dict[str, Ceremony] = field(default_factory=dict)

    def typed(self, by: str, *arguments: str, status: int = 0) -> None:
        """A command of somebody at the shell, which must end with ``status``."""
        self.shell(by)
        done = manage(*arguments)
        assert done.status == status, done.told()

    def as_user(self, by: str, *arguments: str, status: int = 0) -> None:
        """A command of somebody who gives a name and a password."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
            self.typed(by, *arguments, "--user", by, "--password-stdin", status=status)

    def requested(self, name: str, alias: str, series: str = "shop", **more: str) -> Ceremony:
        """A ceremony of one of the protected targets, rehearsed, as the author asks for it."""
        place = (series, "--database", alias)
        self.typed("author", "rehearse_sql", *place, "--confirm", "production")
        told = {"title": "Orders with an address", "why": "The shop writes to customers.", **more}
        flags = [word for key, value in told.items() for word in (f"--{key}", value)]
        self.typed("author", "request_sql", *place, *flags)
        self.shown[name] = Ceremony.objects.latest("pk")
        return self.shown[name]

    def signs(
        self,
        by: str,
        ceremony: Ceremony,
        decision: Decision = Decision.APPROVE,
        purpose: Purpose = Purpose.APPROVAL,
        comment: str = "",
    ) -> None:
        ceremony.refresh_from_db()
        subject = subject_of(ceremony, purpose)
        typed = first_of(subject)
        told = SignRequest(
            ceremony.pk, subject, purpose, decision, comment, typed=typed, password=PASSWORD
        )
        sign(told, self.people[by])

    def answered(self, ceremony: Ceremony, phase: Phase) -> None:
        """People say what no program knows."""
        rows = JudgedItem.objects.filter(
            manifest__ceremony=ceremony, phase=phase, kind=ItemKind.HUMAN, result=ItemResult.NOT_RUN
        )
        told = {"note": "Looked at.", "path": "/backups/1.dump", "size": "12 kB"}
        for item in rows.values_list("item", flat=True).distinct():
            answer(ceremony.pk, phase, item, ItemResult.PASS, told, None, self.people["dba"])

    def approved(self, name: str, alias: str, series: str = "shop") -> Ceremony:
        """Requested, answered and approved by both who have to."""
        made = self.requested(name, alias, series)
        self.answered(made, Phase.PREFLIGHT)
        for one in ("reviewer", "dba"):
            self.signs(one, made, comment="Read, statement by statement.")
        made.refresh_from_db()
        assert made.state == State.APPROVED
        return made

    def runs(self, ceremony: Ceremony, status: int = 0, series: str = "shop") -> Ceremony:
        alias = ceremony.target.alias
        number = str(ceremony.pk)
        flags = ("--database", alias, "--ceremony", number)
        self.as_user("operator", "apply_sql", series, *flags, status=status)
        ceremony.refresh_from_db()
        return ceremony

    def by_hand(self, alias: str, statement: str) -> None:
        """Somebody does something in a target that nobody knows of."""
        dsn = self.site.server.conninfo(self.site.targets[alias])
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def town(
    server: Any, databases: Databases, control_template: str, folder: Path, **extra: str
) -> Iterator[Town]:
    """The site with nothing in it yet; this process sees the same databases and settings."""
    root = folder / "sql"
    root.mkdir()
    files.lay_out(root)
    control = databases.create(control_template)
    with ExitStack() as stack:
        stack.callback(databases.drop, control.name)
        site = stack.enter_context(running(server, databases, control.name, root, folder, **extra))
        for alias, name in {"default": control.name, **site.targets}.items():
            stack.enter_context(pointed(server, alias, name))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        ours = {**settings.CEREMONY, "ROOT": root, "TARGETS": TARGETS, "POLICIES": POLICIES}
        patch.setattr(settings, "CEREMONY", ours)
        patch.setattr(socket, "gethostname", lambda: "desk")

        def shell(name: str) -> None:
            patch.setattr(actor, "_user_name", lambda: name)

        yield Town(site, gather(), shell)


def populate(made: Town) -> None:
    """Everything that the gallery shows."""
    _locally(made)
    _before_a_run(made)
    _after_a_run(made)
    _gone_wrong(made)
    _by_rows(made)


def _locally(made: Town) -> None:
    made.typed("author", "apply_sql", "calendar")
    made.typed("author", "apply_sql", "stock", status=6)


def _before_a_run(made: Town) -> None:
    calendar = made.requested("calendar", "calendar_live", "calendar", title="External calendars")
    made.signs("dba", calendar, Decision.COMMENT, comment="Who takes the backup?")
    waiting = made.requested("waiting", "shop_waiting")
    made.signs("dba", waiting, Decision.COMMENT, comment="Is the index needed at once?")
    half = made.requested("half signed", "shop_signed")
    made.signs("reviewer", half, comment="Read; the index is small.")
    changes = made.requested("changes requested", "shop_changes")
    made.signs("reviewer", changes, Decision.REQUEST_CHANGES, comment="Build the index later.")
    made.approved("ready", "shop_ready")
    stale = made.requested("stale", "depot", "depot")
    made.signs("reviewer", stale, comment="Read.")
    new = files.SHOP["0002_customer_email.sql"].replace("email text", "email varchar(320)")
    files.write(made.site.root, "depot", {"0002_customer_email.sql": new})


def _after_a_run(made: Town) -> None:
    ran = made.runs(made.approved("awaiting sign-off", "shop_ran"))
    assert ran.state == State.AWAITING_SIGN_OFF
    done = made.runs(made.approved("signed off", "shop_done"))
    made.answered(done, Phase.ACCEPTANCE)
    made.signs("reviewer", done, purpose=Purpose.ACCEPTANCE, comment="Seen and tried.")
    made.typed("operator", "report_sql", str(done.pk), "--lesson", "One window was enough.")
    why = ("--override", "--reason", "The shop is down.")
    made.as_user("operator", "apply_sql", "shop", "--database", "shop_glass", *why)
    made.shown["overridden"] = Ceremony.objects.latest("pk")


def _gone_wrong(made: Town) -> None:
    for name, alias in (("halted", "shop_halted"), ("decided", "shop_way_back")):
        made.by_hand(alias, BY_HAND)
        halted = made.runs(made.approved(name, alias), status=1)
        assert halted.state == State.HALTED
    place = ("resume_sql", "--database", "shop_way_back")
    made.as_user("dba", *place, "--assess", "orders was made by hand, and is empty.")
    made.as_user("dba", *place, "--decide", "roll-back", "--reason", "It has to go first.")


def _by_rows(made: Town) -> None:
    """States that nothing leads to in a test's time, and words that somebody bad has chosen."""
    for state in (State.DRAFT, State.RUNNING, State.VERIFYING, State.ROLLED_BACK, State.REJECTED,
                  State.CANCELLED, State.EXPIRED):  # fmt: skip
        made.shown[str(state)] = scenes.scene(state=state, title="Orders get an email")
    hostile = scenes.scene(state=State.HALTED, authors=[scenes.EVIL], sql=scenes.HOSTILE_SQL)
    scenes.item(hostile)
    scenes.run(hostile, actor=scenes.EVIL)
    scenes.halted(hostile)
    scenes.remarked(hostile)
    made.shown["hostile"] = hostile
    assert Ceremony.objects.get(pk=made.shown["signed off"].pk).state == State.SIGNED_OFF
