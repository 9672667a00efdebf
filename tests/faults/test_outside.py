"""Steps outside a transaction: the next run finishes, or says what is in and what to do.

``CEREMONY_FAULTS=all`` tries every message.
"""

import os
import re
import sys

import pytest

from tests.faults.judge import FAR, undisturbed
from tests.faults.proxy import Fault, Kind
from tests.faults.series import OUTSIDE

SPARSE = 1 if os.environ.get("CEREMONY_FAULTS") == "all" else 32
VERSIONS = ("0001", "0002", "0003")
PARTLY = 6
_IN = re.compile(r"Of the \d+ statements of shop/0002_indexes these are in: ([\d, ]+|none)\.")
_DROP = re.compile(r"DROP INDEX CONCURRENTLY [\w.]+")
_PROOFS = (
    "SELECT to_regclass('goods_name') IS NOT NULL",
    "SELECT count(*) = 1 FROM goods WHERE id = 2",
    "SELECT to_regclass('goods_both') IS NOT NULL",
)


@pytest.fixture
def right(stage, series_folder):
    series_folder("shop", OUTSIDE, root=stage.root)
    return undisturbed(stage, VERSIONS, "apply_sql", "shop")


@pytest.mark.parametrize("kind", Kind)
def test_applied_in_the_end(stage, right, kind):
    faults, repairs, violations = 0, 0, []
    for at in range(SPARSE // 2 + 1, FAR, SPARSE):
        stage.clear()
        if not stage.disturbed(Fault(kind, at), *right.arguments).reached:
            break
        faults += 1
        repaired, found = settled(stage, right)
        repairs += repaired
        violations += [f"at message {at}: {each}" for each in found]
    sys.stdout.write(
        f"\noutside a transaction, {kind.value}: {faults} faults, {repairs} repairs,"
        f" {len(violations)} violations\n"
    )
    assert violations == []
    assert faults >= right.messages // SPARSE - 1


@pytest.mark.parametrize("kind", Kind)
def test_rolled_back_in_the_end(stage, right, kind):
    faults, violations = 0, []
    back = ("rollback_sql", "shop", "--to", "zero")
    for at in range(SPARSE, FAR, SPARSE * 2):
        stage.clear()
        stage.run("apply_sql", "shop")
        if not stage.disturbed(Fault(kind, at), *back).reached:
            break
        faults += 1
        answer = stage.run(*back)
        seen = stage.seen()
        if answer.status or seen.applied or seen.catalog != right.catalogs[()]:
            violations.append(f"at message {at}: {answer.told()} {seen}")
        violations += [f"at message {at}: {each}" for each in stage.record(seen.ledger).complaints]
    sys.stdout.write(
        f"\nrolled back outside a transaction, {kind.value}: {faults} faults,"
        f" {len(violations)} violations\n"
    )
    assert violations == []
    assert faults > 0


def settled(stage, right):
    """Whether a person had to repair something, and every violation on the way to the end."""
    found = []
    answer = stage.run(*right.arguments)
    repaired = answer.status == PARTLY
    if repaired:
        found += misstated(stage, answer)
        drop = _DROP.search(answer.err)
        if drop is None:
            found.append(f"stopped without a way to go on:\n{answer.told()}")
        else:
            stage.target.execute(drop.group().encode())
        answer = stage.run(*right.arguments)
    seen = stage.seen()
    if answer.status:
        found.append(f"did not finish:\n{answer.told()}")
    if seen.applied != VERSIONS or seen.catalog != right.final.catalog:
        found.append(f"ended with {seen}")
    found += stage.record(seen.ledger).complaints
    again = stage.run(*right.arguments)
    if again.status or stage.seen() != seen:
        found.append(f"a further run changed something:\n{again.told()}")
    return repaired, found


def misstated(stage, answer):
    """What a partly applied run says is in, against what is in."""
    said = _IN.search(answer.err)
    listed = set() if said is None or said[1] == "none" else {int(n) for n in said[1].split(",")}
    is_in = {n for n, proof in enumerate(_PROOFS, 1) if stage.target.execute(proof).fetchone()[0]}
    invalid = {
        n
        for n, name in ((1, "goods_name"), (3, "goods_both"))
        if stage.target.execute(
            "SELECT EXISTS (SELECT FROM pg_index"
            " WHERE indexrelid = to_regclass(%s) AND NOT indisvalid)",
            [name],
        ).fetchone()[0]
    }
    if listed != is_in - invalid:
        yield f"says that {listed} are in, but {is_in - invalid} are:\n{answer.told()}"
