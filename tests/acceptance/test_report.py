"""The report of a ceremony, as ``report_sql`` writes it: every line of it is on the record."""

import hashlib
import json
import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.urls import reverse

from ceremony.actions.sign import sign
from ceremony.actions.signing import SignRequest, first_of
from ceremony.actions.subjects import subject_of
from ceremony.core.chain import canonical
from ceremony.core.execution.document import digest_of
from ceremony.models import AuditEvent, Ceremony, Decision, Purpose, Run, StoredReport
from tests.acceptance.door import manage
from tests.acceptance.world import QUIET, WHOLE
from tests.django.ceremonies import person

HOSTILE = "<script>alert(1)</script> **bold** | `x` \u202e\nsecond"


@pytest.fixture
def shop(world, monkeypatch):
    """One migration and a target called production; lena asks and otto operates."""
    settings.CEREMONY = {**settings.CEREMONY, "TARGETS": {"shop": {"ENVIRONMENT": "production"}}}
    world.write({**WHOLE, **QUIET})
    world.target()
    monkeypatch.setenv("LOGNAME", "lena")
    answer = manage("request_sql", "shop")
    assert answer.status == 0, answer.told()
    monkeypatch.setenv("LOGNAME", "otto")
    return world


def signs(user, purpose):
    ceremony = Ceremony.objects.latest("pk")
    shown = subject_of(ceremony, purpose)
    decision = Decision.APPROVE
    return sign(SignRequest(ceremony.pk, shown, purpose, decision, typed=first_of(shown)), user)


@pytest.fixture
def signed_off(shop):
    vera = person("vera", "sign", groups=("dba",))
    signs(vera, Purpose.APPROVAL)
    shop.applied("--ceremony", "1")
    signs(vera, Purpose.ACCEPTANCE)
    return shop


def reported(*arguments, status=0):
    answer = manage("report_sql", *arguments, "--format", "json")
    assert answer.status == status, answer.told()
    (made,) = json.loads(answer.out)["reports"]
    return made


def test_a_ceremony_that_went_well_is_a_pass_and_says_who_agreed_to_what(signed_off):
    made = reported("1")
    told = made["report"]
    ceremony = Ceremony.objects.get()
    run = Run.objects.get()
    assert (made["verdict"], told["state"], told["number"]) == ("PASS", "signed off", ceremony.pk)
    assert told["fingerprint"] == ceremony.fingerprint
    assert [(s["username"], s["purpose"], s["groups"], s["told"]) for s in told["signed"]] == [
        ("vera", "approval", ["dba"], True),
        ("vera", "acceptance", ["dba"], True),
    ]
    (ran,) = told["runs"]
    assert (ran["number"], ran["operator"], ran["spent"]) == (run.pk, "otto", True)
    (step,) = ran["steps"]
    row = signed_off.ask("SELECT sequence, hash FROM ceremony_ledger WHERE event = 'applied'")
    assert [(step["ledger_sequence"], step["ledger_hash"])] == row
    assert [check["result"] for check in step["checks"]] == ["PASS"]
    assert {one["result"] for one in told["preflight"] + told["verification"]} == {"PASS"}
    assert told["inventory"][0]["objects"] == ["table things"]
    assert told["holds"]["tables"] == ["public.things"]
    assert {one["verdict"] for one in told["groups"] if one["counts"]} == {"PASS"}


def test_the_digest_is_that_of_the_file_and_stands_in_the_trail(signed_off, tmp_path):
    path = tmp_path / "report.json"
    made = reported("1", "--output", str(path))
    digest = f"report1:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert made["digest"] == digest == digest_of(made["report"])
    assert canonical(made["report"]) == path.read_bytes()
    event = AuditEvent.objects.get(action="report made")
    assert (event.subject, event.detail()["digest"]) == ("Ceremony 1", digest)
    assert StoredReport.objects.get().document.encode() == path.read_bytes()


def test_the_same_facts_are_kept_once_and_a_remark_makes_another_report(signed_off):
    first = reported("1")
    assert reported("1")["digest"] == first["digest"]
    assert StoredReport.objects.count() == 1
    second = reported("1", "--issue", "The lock was waited for.", "--lesson", HOSTILE)
    assert second["digest"] != first["digest"]
    assert [(r["kind"], r["text"], r["by"]) for r in second["report"]["remarks"]] == [
        ("issue", "The lock was waited for.", "otto"),
        ("lesson", HOSTILE, "otto"),
    ]
    assert AuditEvent.objects.filter(action="remark written").count() == 2


def test_a_page_prints_without_a_script_and_shows_hostile_words_as_words(signed_off, tmp_path):
    path = tmp_path / "report.html"
    answer = manage(
        "report_sql", "1", "--issue", HOSTILE, "--format", "html", "--output", str(path)
    )
    page = path.read_text(encoding="utf-8")
    assert answer.status == 0
    assert re.findall(r"<script|<style|style=|onclick|javascript:", page) == []
    assert page.count("<link ") == 1
    assert 'href="data:text/css;base64,' in page
    shown = "&lt;script&gt;alert(1)&lt;/script&gt; **bold** | `x` [U+202E]↵second"
    assert shown in page
    digest = StoredReport.objects.get().digest
    assert digest in page
    assert answer.err == f"PASS. The report is in {path}; digest {digest}.\n"


def test_markdown_shows_hostile_words_as_words(signed_off):
    answer = manage("report_sql", "1", "--issue", HOSTILE, "--format", "markdown")
    expected = r"\<script>alert(1)\</script> \*\*bold\*\* \| \`x\` U+202E↵second"
    assert expected in answer.out
    assert answer.out.startswith(
        "# Ceremony 1: apply shop: 0001_things\n\n**PASS: shop on shop (production), signed off**\n"
    )


def test_what_has_not_run_yet_is_reported_as_not_run(shop):
    told = reported("1")["report"]
    assert (told["verdict"], told["state"], told["runs"]) == ("NOT RUN", "requested", [])
    assert told["groups"][0] == {
        "counts": True,
        "group": "Approval",
        "verdict": "NOT RUN",
        "why": "Nobody approved it.",
    }
    text = manage("report_sql", "1").out
    assert "Nothing ran." in text
    assert "Control knows no target" not in text
    assert "On shop, not applied: 0001_things." in text


def test_a_run_that_failed_is_told_with_its_error_and_its_halt(shop):
    shop.ask("CREATE TABLE things (id int)")
    signs(person("vera", "sign"), Purpose.APPROVAL)
    answer = shop.apply("--ceremony", "1")
    assert answer.status != 0
    told = reported("1")["report"]
    assert (told["verdict"], told["state"]) == ("FAIL", "halted")
    (step,) = told["runs"][0]["steps"]
    assert (step["verdict"], step["trouble"]["sqlstate"]) == ("FAIL", "42P07")
    assert [one["station"] for one in told["halts"]][:1] == ["stop"]


def test_the_page_in_the_admin_is_looked_at_and_keeps_nothing(signed_off, client):
    url = reverse("admin:ceremony_ceremony_report", args=[1])
    assert client.get(url).status_code == 302
    client.force_login(person("nobody"))
    assert client.get(url).status_code == 403
    reader = person("reader")
    reader.user_permissions.add(Permission.objects.get(codename="view_ceremony"))
    client.force_login(reader)
    events = AuditEvent.objects.count()
    page = client.get(url)
    assert page.status_code == 200
    text = page.content.decode()
    assert "PASS: shop on shop (production), signed off" in text
    assert "not kept yet; report_sql keeps it" in text
    assert "style=" not in text.replace('rel="stylesheet"', "")
    assert (AuditEvent.objects.count(), StoredReport.objects.count()) == (events, 0)
    assert client.post(url).status_code in {403, 405}
    assert client.get(reverse("admin:ceremony_ceremony_report", args=[99])).status_code == 404
    digest = reported("1")["digest"]
    kept = client.get(url).content.decode()
    assert digest in kept
    assert "by otto" in kept
    link = client.get(reverse("admin:ceremony_ceremony_change", args=[1])).content.decode()
    assert f'href="{url}"' in link


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "report-of-what"),
        (["1", "--population"], "report-of-what"),
        (["1", "--from", "2026-01-01"], "report-of-what"),
        (["--population", "--issue", "x"], "report-of-what"),
        (["--population", "--from", "2026-02-01", "--to", "2026-01-01"], "period-empty"),
        (["--population", "--database", "nowhere"], "alias-unknown"),
        (["99"], "ceremony-unknown"),
        (["1", "--issue", "  "], "remark-empty"),
        (["1", "--lesson", "x" * 5_001], "remark-too-long"),
        (["1", "--output", "/nowhere/at/all"], "output-unwritable"),
    ],
)
def test_what_cannot_be_reported_is_refused(shop, arguments, code):
    answer = manage("report_sql", *arguments)
    assert (answer.status, f"[{code}]" in answer.err) == (2, True), answer.told()
