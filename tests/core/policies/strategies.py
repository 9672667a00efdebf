"""Policies, quorums and windows for property tests, and the people who sign."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import strategies as st

from ceremony.core.policy import Duty, Policy, Quorum, Window
from ceremony.core.quorum import Signer

GROUPS = ("", "dba", "team", "risk")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)

quorums = st.dictionaries(st.sampled_from(GROUPS), st.integers(1, 3), max_size=3).map(
    lambda counts: tuple(sorted(Quorum(group, count) for group, count in counts.items()))
)
times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 1, 30, 59)))
windows = st.lists(
    st.builds(
        Window,
        st.sets(st.integers(0, 6), min_size=1, max_size=4).map(lambda days: tuple(sorted(days))),
        times,
        times,
    ),
    max_size=3,
).map(tuple)
limits = st.sampled_from((0, 1, 24, 72, 720))
policies = st.builds(
    Policy,
    name=st.sampled_from(("a", "b")),
    approvals=quorums,
    acceptances=quorums,
    separate=st.frozensets(st.sampled_from(Duty)),
    rehearsal=st.booleans(),
    rehearsal_days=limits,
    windows=windows,
    expires_hours=limits,
    data_loss=st.booleans(),
    reauthenticate=st.booleans(),
    promotion=st.sampled_from(("", "staging")),
    verify=st.booleans(),
    halt=st.booleans(),
    preflight=st.booleans(),
)
signers = st.lists(st.frozensets(st.sampled_from(GROUPS[1:])), max_size=7).map(
    lambda found: [Signer(f"p{n}", groups) for n, groups in enumerate(found)]
)
moments = st.integers(0, 14 * 24 * 60 - 1).map(lambda minute: MONDAY + timedelta(minutes=minute))
