"""Which of two policies is stricter: what both ask for together, and where one asks for less."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ceremony.core.policies.form import SWITCHES
from ceremony.core.policies.window import common, normal
from ceremony.core.policy import PROTECTED, Duty, Policy, Quorum


def tighten(policy: Policy, more: Policy) -> Policy:
    """What both ask for. Whatever the result lets through, each of them lets through.

    ``promotion`` is that of ``policy``; of ``more`` where ``policy`` has none. The name stays.
    """
    switches = {name: getattr(policy, name) or getattr(more, name) for name in SWITCHES}
    return replace(
        policy,
        approvals=both(policy.approvals, more.approvals),
        acceptances=both(policy.acceptances, more.acceptances),
        separate=policy.separate | more.separate,
        rehearsal_days=_least(policy.rehearsal_days, more.rehearsal_days),
        windows=common(policy.windows, more.windows),
        expires_hours=_least(policy.expires_hours, more.expires_hours),
        promotion=policy.promotion or more.promotion,
        **switches,
    )


def both(left: Sequence[Quorum], right: Sequence[Quorum]) -> tuple[Quorum, ...]:
    """The smallest quorums that fill both: of each group the larger number, and of people
    altogether.
    """
    ours, theirs = _counts(left), _counts(right)
    named = {
        group: max(ours.get(group, 0), theirs.get(group, 0)) for group in {*ours, *theirs} - {""}
    }
    total = max(sum(ours.values()), sum(theirs.values()))
    anybody = max(0, total - sum(named.values()))
    counts = {**named, "": anybody}
    return tuple(sorted(Quorum(group, count) for group, count in counts.items() if count))


def weaknesses(policy: Policy, measure: Policy = PROTECTED) -> tuple[str, ...]:
    """Where ``policy`` asks for less than ``measure``, in sentences."""
    return tuple(_weaknesses(policy, measure))


def _weaknesses(policy: Policy, measure: Policy) -> Iterator[str]:
    if both(policy.approvals, measure.approvals) != both(policy.approvals, ()):
        yield f"Before the run {_people(policy.approvals, 'approves', 'approve')}."
    if both(policy.acceptances, measure.acceptances) != both(policy.acceptances, ()):
        yield f"After the run {_people(policy.acceptances, 'signs off', 'sign off')}."
    for duty in sorted(measure.separate - policy.separate, key=list(Duty).index):
        yield f"The {duty.value} may be one person."
    if _longer(policy.expires_hours, measure.expires_hours):
        yield (
            f"An approval counts for {policy.expires_hours} hours."
            if policy.expires_hours
            else "An approval never expires."
        )
    if _longer(policy.rehearsal_days, measure.rehearsal_days):
        yield "A rehearsal may be older."
    if measure.windows and common(policy.windows, measure.windows) != normal(policy.windows):
        yield "A run may begin at other times, too."
    if measure.promotion and policy.promotion != measure.promotion:
        yield f"Nothing has to be signed off on {measure.promotion} first."
    for name, sentence in _WITHOUT.items():
        if getattr(measure, name) and not getattr(policy, name):
            yield sentence


_WITHOUT = {
    "rehearsal": "Nothing has to be rehearsed.",
    "data_loss": "A loss of data needs nobody's acceptance.",
    "reauthenticate": "A sign-off asks for no password.",
    "verify": "Nothing is verified after the run.",
    "halt": "A failure does not halt the target.",
    "preflight": "A pre-flight item that fails stops nothing.",
}


def _counts(quorums: Sequence[Quorum]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in quorums:
        counts[one.group] = counts.get(one.group, 0) + one.count
    return counts


def _least(left: int, right: int) -> int:
    """The smaller of two limits, where 0 is none."""
    return min(left, right) if left and right else left or right


def _longer(limit: int, measure: int) -> bool:
    return bool(measure) and _least(limit, measure) != limit


def _people(quorums: Sequence[Quorum], one: str, many: str) -> str:
    count = sum(quorum.count for quorum in quorums)
    if not count:
        return f"nobody {one}"
    return f"one person {one}" if count == 1 else f"{count} people {many}"
