"""The calendar ceremony with five people in a browser, from the request to the proof.

It is commented on, sent back, asked for again, approved twice, run, stopped by a check, taken back,
mended, run again, signed off, reported and verified.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ceremony.models import Ceremony, SignOff
from tests.acceptance.door import manage
from tests.conftest import Databases
from tests.django.ceremonies import PASSWORD
from tests.e2e import files
from tests.e2e.chromium import Chromium
from tests.e2e.hands import Hands
from tests.e2e.town import Town, town

ALIAS = "calendar_live"
LAST = "20260119000000_outbound_calendar_sync.sql"
BY_HAND = "CREATE TABLE external_calendar_events (id bigint)"
CLEAN = "clean state, neither table is there yet"


@pytest.fixture
def quiet(
    server: Any, databases: Databases, control_template: str, tmp_path: Path, django_db_blocker: Any
) -> Iterator[Town]:
    """A site on which nothing has happened, but that the calendar was applied locally."""
    with django_db_blocker.unblock(), town(server, databases, control_template, tmp_path) as made:
        made.typed("author", "apply_sql", "calendar")
        rehearsed(made)
        yield made


@pytest.fixture
def hands(quiet: Town, browser: Chromium, pictures: Path) -> Hands:
    return Hands(browser, quiet.site, pictures)


def rehearsed(quiet: Town) -> None:
    flags = ("--database", ALIAS, "--confirm", "production")
    quiet.typed("author", "rehearse_sql", "calendar", *flags)


def page_of(number: int) -> str:
    return f"/admin/ceremony/ceremony/{number}/change/"


def state(number: int) -> str:
    found: str = Ceremony.objects.get(pk=number).state
    return found


@pytest.mark.slow
def test_the_calendar_ceremony_with_five_people(quiet: Town, hands: Hands) -> None:
    first = asks(hands, "External calendars", "Customers ask for it.")
    talked_about(hands, first)
    mended(quiet, hands, first)
    answered(hands, first)
    signed_by_both(hands, first)
    stopped_by_a_check(quiet, hands, first)
    taken_back(quiet, hands, first)
    second = asks(hands, "External calendars, again", "The table by hand is gone.")
    answered(hands, second)
    signed_by_both(hands, second)
    runs(hands, second, "waits to be accepted")
    accepted(hands, second)
    proved(quiet, hands, second)


def asks(hands: Hands, title: str, why: str) -> int:
    """The author asks; the number of the ceremony."""
    hands.enter("author")
    hands.open("/admin/ceremony/ceremony/")
    hands.press("Request")
    hands.fill("Series", "calendar")
    hands.fill("Database", ALIAS)
    hands.fill("Title", title)
    hands.fill("What those who sign should know", why)
    hands.press("Request sign-off")
    hands.sees(title, why)
    number: int = Ceremony.objects.latest("pk").pk
    assert state(number) == "requested"
    return number


def talked_about(hands: Hands, number: int) -> None:
    """A question, and then a wish: nothing is approved."""
    hands.enter("reviewer")
    hands.open(page_of(number))
    hands.press("Review and sign")
    hands.fill("Comment", "Who takes the backup?")
    confirmed(hands)
    hands.press("Record my decision")
    hands.sees("Who takes the backup?")
    hands.enter("dba")
    hands.open(page_of(number))
    hands.press("Review and sign")
    hands.sees("Who takes the backup?")
    hands.choose("Request changes")
    confirmed(hands)
    hands.press("Record my decision")
    hands.sees("Say what should change.")
    hands.fill("Comment", "Say in the header who owns the mapping.")
    confirmed(hands)
    hands.press("Record my decision")
    hands.sees("Say in the header who owns the mapping.")
    assert state(number) == "changes requested"


def mended(quiet: Town, hands: Hands, number: int) -> None:
    """The author says so in the file, and asks anew; what was signed before counts no longer."""
    path = quiet.site.root / "calendar" / LAST
    text = path.read_text(encoding="utf-8")
    files.write(quiet.site.root, "calendar", {LAST: f"-- Owner: the calendar team\n{text}"})
    rehearsed(quiet)
    hands.enter("author")
    hands.open(page_of(number))
    hands.sees("Say in the header who owns the mapping.")
    hands.press("Ask again", "New version")
    hands.fill("Why", "The header says it.")
    hands.press("Open a new round")
    assert (state(number), Ceremony.objects.get(pk=number).round) == ("requested", 2)
    hands.sees("The header says it.")


def answered(hands: Hands, number: int) -> None:
    """People say what no program knows."""
    hands.enter("dba")
    hands.open(page_of(number))
    count = 0
    while hands.press_in_row("NOT RUN", "Answer"):
        hands.choose("PASS")
        hands.fill("What shows it", "Looked at.")
        hands.fill("Where it lies", "/backups/1.dump")
        hands.fill("Its size", "12 kB")
        hands.press("Record the answer")
        count += 1
        assert count < 10
    assert count


def confirmed(hands: Hands, *, approving: bool = False) -> None:
    """What the form asks for beside the decision."""
    if approving:
        for label in ("I accept", "I have read"):
            if hands.offers(label):
                hands.choose(label)
        if hands.offers("Type the first 8"):
            hands.fill("Type the first 8", first_digits(hands))
    if hands.offers("Your password"):
        hands.fill("Your password", PASSWORD)


def first_digits(hands: Hands) -> str:
    """As a person reads them off the page: what is signed stands in the form, too."""
    carried = hands.browser.ask("return document.querySelector('[name=fingerprint]').value")
    return str(carried).partition(":")[2][:8]


def signed_by_both(hands: Hands, number: int) -> None:
    for who, needed in (("reviewer", 1), ("dba", 0)):
        hands.enter(who)
        hands.open(page_of(number))
        hands.press("Review and sign")
        hands.choose("Approve")
        hands.fill("Comment", "Read, statement by statement.")
        confirmed(hands, approving=True)
        hands.press("Record my decision")
        hands.sees(f"{needed} more needed.")
    assert state(number) == "approved"


def runs(hands: Hands, number: int, sees: str) -> None:
    """The operator starts it, and looks on as the page of the ceremony tells what becomes of it."""
    hands.enter("operator")
    hands.open(page_of(number))
    hands.press("Run on", "Run it")
    hands.sees(ALIAS, "production", "This changes the database.")
    hands.fill("The name of the environment", "production")
    hands.fill("Your password", PASSWORD)
    hands.press("Run it now")
    hands.open(page_of(number))
    hands.watches(sees)


def stopped_by_a_check(quiet: Town, hands: Hands, number: int) -> None:
    """Somebody made a table by hand. A check finds it, and the world is stopped."""
    quiet.by_hand(ALIAS, BY_HAND)
    runs(hands, number, "The world is stopped.")
    assert state(number) == "halted"
    hands.sees(CLEAN, "external_calendar_events")


def taken_back(quiet: Town, hands: Hands, number: int) -> None:
    hands.enter("dba")
    hands.open(page_of(number))
    hands.press("Go on with the halt")
    hands.press("Assess")
    hands.fill("In words", "Somebody made a table by hand; it is empty.")
    hands.press("Record what was found")
    hands.press("Decide")
    hands.choose("Roll back")
    hands.fill("In words", "The table by hand has to go first.")
    hands.press("Record the decision")
    hands.enter("operator")
    hands.open(page_of(number))
    hands.press("Take it back")
    hands.fill("Why the data that is lost may go", "Nothing was written yet.")
    hands.fill("Where the backup is", "/backups/1.dump")
    hands.fill("The name of the environment", "production")
    hands.fill("Your password", PASSWORD)
    hands.press("Take it back now")
    hands.open(page_of(number))
    hands.watches("It was taken back.")
    assert state(number) == "rolled back"
    hands.enter("dba")
    hands.open(f"/admin/ceremony/target/{Ceremony.objects.get(pk=number).target_id}/halt/")
    hands.press("Document")
    hands.fill("In words", "Look for tables made by hand before a request.")
    hands.press("Document it and lift the halt")
    hands.sees("under no halt")
    quiet.by_hand(ALIAS, "DROP TABLE external_calendar_events")
    told = ("--accept-drift", "The table by hand was dropped")
    quiet.typed("operator", "reconcile_sql", "--database", ALIAS, *told)


def accepted(hands: Hands, number: int) -> None:
    assert state(number) == "awaiting sign-off"
    answered(hands, number)
    hands.enter("reviewer")
    hands.open(page_of(number))
    hands.press("Accept what came of it")
    hands.choose("Accept")
    hands.fill("Comment", "Seen and tried.")
    confirmed(hands, approving=True)
    hands.press("Record my decision")
    assert state(number) == "signed off"


def proved(quiet: Town, hands: Hands, number: int) -> None:
    """The auditor takes the report along, and the trail tells of all of it."""
    hands.enter("auditor")
    hands.open(page_of(number))
    hands.sees("Seen and tried.")
    saved = json.loads(hands.saves("JSON", f"ceremony-{number}.json"))
    done = manage("report_sql", str(number), "--format", "json")
    told = json.loads(done.out)["reports"][0]["report"]
    assert (told["verdict"], told["state"]) == ("PASS", "signed off")
    assert saved["verdict"] == "PASS"
    hands.open("/admin/ceremony/auditevent/")
    hands.press("Check now")
    hands.sees("Chain intact to event")
    assert manage("verify_audit", "--targets").status == 0
    decisions = SignOff.objects.order_by("pk").values_list("username", "decision")
    both = [("reviewer", "approve"), ("dba", "approve")]
    asked = [("reviewer", "comment"), ("dba", "request changes")]
    assert list(decisions) == [*asked, *both, *both, ("reviewer", "approve")]
    assert quiet.site.troubles() == []
