"""Every key of a rehearsal's JSON answer is described, and every verdict explained."""

import json

from ceremony.core.rehearsal.certificate import certificate
from ceremony.core.rehearsal.drill import Mark, Station
from ceremony.core.rehearsal.way_back import Verdict
from ceremony.management.formats.json_format import rehearsal_report
from tests.django.rehearsals import report
from tests.docs.pages import CHECKOUT

DOCS = CHECKOUT / "docs"


def test_every_key_of_a_certificate_is_described():
    told = report()
    answer = {**rehearsal_report(told), "certificate": certificate(told, "0.1.0")}
    page = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    section = page.partition("A report of `rehearse_sql` has")[2].partition("The other reports")[0]
    values = {told.series, "1.0"}
    keys = _keys(json.loads(json.dumps(answer))) - values
    assert {key for key in keys if f"`{key}`" not in page} == set()
    words = {word.value for kind in (Station, Mark) for word in kind}
    assert {word for word in words if f"`{word}`" not in section} == set()


def test_every_verdict_is_explained():
    page = (DOCS / "explanation" / "rehearsals.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert rows == [verdict.value for verdict in Verdict]


def _keys(value):
    if isinstance(value, dict):
        return set(value).union(*map(_keys, value.values()))
    return set().union(*map(_keys, value)) if isinstance(value, list) else set()
