"""What a real run did beyond its rehearsal: each sort, and what is no surprise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.surprises import Surprise, surprises
from ceremony.core.xray import MODES, LockTaken, XRay

DDL = dict.fromkeys(range(10), "alter_table_stmt")


def xray(statement=1, **sorts):
    locks = tuple(LockTaken(*lock) for lock in sorts.pop("locks", ()))
    empty = {"rewrites": (), "scans": (), "rows": None, "wal_bytes": None, "seconds": 0.0}
    return XRay(statement, locks, **{**empty, **sorts})


def said(real, *rehearsed, kinds=DDL):
    return [one.sentence for one in surprises([real], rehearsed, kinds)]


A = "public.a"


@pytest.mark.parametrize(
    ("real", "rehearsed", "expected"),
    [
        (
            {"locks": [(A, "AccessExclusiveLock")]},
            {"locks": [(A, "ShareLock")]},
            "it took AccessExclusiveLock on public.a (rehearsed: ShareLock on it)",
        ),
        (
            {"locks": [(A, "ShareLock")]},
            {"locks": [("public.b", "ShareLock")]},
            "it took ShareLock on public.a (rehearsed: no such lock on it)",
        ),
        (
            {"locks": [(A, "ShareLock")]},
            {"locks": [(A, "ShareUpdateExclusiveLock")]},
            "it took ShareLock on public.a (rehearsed: ShareUpdateExclusiveLock on it)",
        ),
        (
            {"rewrites": (A,)},
            {"rewrites": ("public.b",)},
            "it wrote public.a anew (rehearsed: a rewrite of public.b only)",
        ),
        (
            {"scans": (A,)},
            {},
            "it read all of public.a (rehearsed: nothing of the kind)",
        ),
        (
            {"created": (A,)},
            {"created": ("public.b", "public.c")},
            "it made public.a (rehearsed: the creation of public.b, public.c only)",
        ),
        (
            {"dropped": ("public.b", A)},
            {"dropped": ("public.b",)},
            "it dropped public.a (rehearsed: the drop of public.b only)",
        ),
    ],
)
def test_each_sort(real, rehearsed, expected):
    assert said(xray(**real), xray(**rehearsed)) == [expected]


@pytest.mark.parametrize(
    ("real", "rehearsed"),
    [
        ({"locks": [(A, "ShareLock")]}, {"locks": [(A, "AccessExclusiveLock")]}),
        ({"locks": [(A, "ShareLock")]}, {"locks": [(A, "ShareLock")]}),
        (
            {"locks": [(A, "ShareRowExclusiveLock")]},
            {"locks": [(A, "ShareLock"), (A, "ShareUpdateExclusiveLock")]},
        ),
        ({"locks": [(A, "AccessShareLock"), ("public.b", "RowShareLock")]}, {}),
        ({}, {"rewrites": (A,), "scans": (A,), "created": (A,), "dropped": (A,)}),
    ],
)
def test_no_surprise(real, rehearsed):
    assert said(xray(**real), xray(**rehearsed)) == []


def test_a_statement_that_was_not_rehearsed():
    assert surprises([xray(2, dropped=(A,))], [xray(1, dropped=(A,))], DDL) == (
        Surprise(2, "dropped public.a", "nothing of the kind"),
    )


def test_a_lock_of_an_earlier_statement_is_held():
    """What the first statement locked is locked until the COMMIT, whoever asks for it again."""
    earlier = xray(1, locks=[(A, "AccessExclusiveLock")])
    assert said(xray(2, locks=[(A, "ShareLock")]), earlier, xray(2)) == []
    assert said(xray(1, locks=[(A, "ShareLock")]), xray(2, locks=[(A, "ShareLock")])) != []


@pytest.mark.parametrize("kind", ["update_stmt", "do_stmt", "create_table_as_stmt", "copy_stmt"])
def test_scans_of_queries_are_the_planners_choice(kind):
    assert said(xray(scans=(A,)), xray(), kinds={1: kind}) == []


ABOVE = (("public.p_9", "public.p_sub"), ("public.p_sub", "public.p"))


def test_a_partition_counts_with_the_table_above_it():
    """Which partitions a target has is its own affair; what is done to the tree was rehearsed."""
    lock = [("public.p_9", "AccessExclusiveLock")]
    shown = xray(locks=[("public.p", "AccessExclusiveLock")])
    assert said(xray(locks=lock, partition_of=ABOVE), shown) == []
    assert said(xray(locks=lock), shown) != []
    assert (
        said(xray(dropped=("public.p_9",), partition_of=ABOVE), xray(dropped=("public.p",))) == []
    )


def test_storage_is_the_partitions_own():
    rehearsed = xray(rewrites=("public.p_1",), partition_of=(("public.p_1", "public.p"),))
    assert said(xray(rewrites=("public.p_9",), partition_of=ABOVE), rehearsed) == []
    other = xray(rewrites=("public.q_1",), partition_of=(("public.q_1", "public.q"),))
    assert said(xray(rewrites=("public.p_9",), partition_of=ABOVE), other) == [
        "it wrote public.p_9 anew (rehearsed: a rewrite of public.q_1 only)"
    ]


names = st.lists(st.sampled_from(["public.a", "public.b", "public.c"]), unique=True).map(tuple)
locks = st.lists(st.tuples(names.map(lambda n: (*n, "public.d")[0]), st.sampled_from(MODES)))
xrays = st.builds(
    lambda number, taken, rewrites, scans, created, dropped: xray(
        number, locks=taken, rewrites=rewrites, scans=scans, created=created, dropped=dropped
    ),
    st.integers(1, 3),
    locks,
    names,
    names,
    names,
    names,
)


@given(st.lists(xrays, max_size=4))
def test_what_was_rehearsed_is_no_surprise(found):
    assert surprises(found, found, DDL) == ()


@given(xrays, st.lists(xrays, max_size=3), xrays)
def test_showing_more_never_surprises_more(real, rehearsed, another):
    """Every surprise with a longer rehearsal is one with the shorter one, too."""
    before = {(one.statement, one.did) for one in surprises([real], rehearsed, DDL)}
    after = {(one.statement, one.did) for one in surprises([real], [*rehearsed, another], DDL)}
    assert after <= before
