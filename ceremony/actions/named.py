"""Named: the ceremony whose number was typed, and the plan that it was asked for with."""

from ceremony.actions.ceremonies import ceremony_unknown
from ceremony.actions.judge import refuse_state
from ceremony.actions.planned import PlanAsked, asked_by
from ceremony.actions.ready import Ready
from ceremony.actions.rounds import newest_round
from ceremony.core.plan import Direction
from ceremony.errors import UsageError
from ceremony.models import Ceremony


def named(number: int, series: str, alias: str | None, direction: Direction) -> Ceremony | None:
    """Ceremony ``number``, which must be about ``series``, and ``alias`` where one was given;
    ``None`` for 0.

    A ceremony that applies is named for its way back, too. Raises UsageError (ceremony-unknown,
    ceremony-elsewhere).
    """
    if not number:
        return None
    found = Ceremony.objects.select_related("target").filter(pk=number, round__gt=0).first()
    if found is None:
        raise ceremony_unknown(number)
    fits = direction is Direction.ROLL_BACK or found.direction == direction.value
    if fits and found.series == series and alias in (None, found.target.alias):
        return found
    where = f" on {alias!r}" if alias else ""
    raise UsageError(
        "ceremony-elsewhere",
        f"Ceremony {number} is to {found.direction} {found.series} on {found.target.alias!r}; this "
        f"is to {direction.value} {series}{where}. An approval counts for what it was given for.",
        next_step=f"Ask for one: manage.py request_sql {series}"
        f"{f' --database {alias}' if alias else ''}",
    )


def asked_of(ceremony: Ceremony | None) -> PlanAsked | None:
    """What shaped the plan of a ceremony; ``None`` without one."""
    return asked_by(newest_round(ceremony).asked) if ceremony else None


def refuse_other_plan(ceremony: Ceremony | None, *given: object) -> None:
    """A ceremony brings its own plan along: what was typed besides would be another one.

    Raises UsageError (ceremony-with-plan).
    """
    if ceremony is None or not any(given):
        return
    raise UsageError(
        "ceremony-with-plan",
        f"Ceremony {ceremony.pk} brings its own plan along; --to, --include-late and --variant "
        "would make another one.",
        next_step="Leave them out, or ask for a ceremony of its own: manage.py request_sql "
        f"{ceremony.series} --database {ceremony.target.alias}",
    )


def brought_in(here: Ready, ceremony: Ceremony) -> int:
    """How many migrations are in the target that the ceremony brought in, by the ledger."""
    rounds = set(ceremony.manifests.values_list("fingerprint", flat=True))
    states = here.history.states(ceremony.series).values()
    return sum(
        state.newest.manifest_digest in rounds and bool(state.in_place or state.partly)
        for state in states
    )


def refuse_nothing_left(ceremony: Ceremony | None) -> None:
    """A ceremony that was named and has nothing to run is one that has run, or cannot.

    Raises Refused as ``judge.refuse_state``.
    """
    if ceremony is not None:
        # It was read before the lock was waited for.
        ceremony.refresh_from_db()
        refuse_state(ceremony)
