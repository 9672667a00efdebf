"""Pre-flight: what must hold before a run, looked at on the target and answered by people."""

from collections.abc import Sequence

from ceremony.actions.items import newest, record_items
from ceremony.actions.preflight_judges import Seen, judge
from ceremony.actions.ready import Ready, now
from ceremony.conf import Settings
from ceremony.core.checklist.items import clean_before, preflight_items, required_before
from ceremony.core.checklist.preflight import Preflight, preflight_of
from ceremony.core.checklist.touched import name_of, named_by
from ceremony.core.item import ItemKind, Judged, Phase
from ceremony.core.plan import Plan
from ceremony.core.policy import Policy
from ceremony.core.series import Series
from ceremony.errors import CeremonyError, Refused
from ceremony.models import StoredManifest
from ceremony.pg.preflight import Questions
from ceremony.pg.preflight import look as look_at_target

IN_THE_WAY = 5_000
"""Milliseconds after which a lock of another session is in the way, where no lock_timeout says how
long we would wait for it.
"""


def look(
    here: Ready, plan: Plan, series: Series, policy: Policy, settings: Settings
) -> tuple[Judged, ...]:
    """Every item of pre-flight, in order: the automatic ones judged, the human ones unanswered.

    Under a policy without pre-flight the target is not asked: what is known without a question is
    told, the rest is NOT RUN. Else it costs two round trips, and one for the checks before the
    first step. What the server refuses is not raised: an item that could not be asked is NOT RUN.
    The lock is held, and no transaction is open.
    """
    asked = preflight_of(series.settings)
    looked, why = None, f"The policy {policy.name!r} does not ask for it: nobody looked."
    if policy.preflight:
        try:
            looked = look_at_target(here.access.session, _questions(asked, plan, settings))
        except CeremonyError as error:
            why = f"The target could not be asked: {error.happened} [{error.code}]"
    seen = Seen(here.access, plan, asked, looked, why, now())
    return tuple(judge(item, seen) for item in preflight_items(series, plan))


def record(manifest: StoredManifest, judged: Sequence[Judged], actor: str) -> None:
    """Keep what was found, with its event, in a transaction of its own; a waiver that was given
    before stands. Inside another transaction: ``items.write_items``.
    """
    record_items(manifest, judged, actor)


def refuse_failed(
    manifest: StoredManifest, policy: Policy, aside: frozenset[str] = frozenset()
) -> None:
    """Raises Refused (preflight-failed) where an item of a ceremony neither passed nor was waived
    and the policy wants pre-flight. ``aside`` are the ids of items that are about to be answered.
    """
    number = manifest.ceremony_id
    wrong = _wrong(newest(manifest, Phase.PREFLIGHT), policy, aside)
    if wrong:
        human = any(one.item.kind is ItemKind.HUMAN for one in wrong)
        answer = ", answer what people are asked (a backup: --backup DIR)" if human else ""
        raise _failed(
            wrong,
            f"the run of ceremony {number}",
            f"Put right what is wrong and type the command again{answer}, or have an item waived "
            f"with a reason; both on the page of ceremony {number} in the admin.",
        )


def refuse_found(
    judged: Sequence[Judged], policy: Policy, ask: str, aside: frozenset[str] = frozenset()
) -> None:
    """The same for a run that has no ceremony yet, because the policy asks nobody to approve.
    ``ask`` is the command that requests one, in which items are answered and waived.
    """
    wrong = _wrong(judged, policy, aside)
    if wrong:
        raise _failed(
            wrong,
            "the run",
            f"Put right what is wrong and type the command again; or open a ceremony, in which "
            f"people answer and waive: {ask}",
        )


def _wrong(judged: Sequence[Judged], policy: Policy, aside: frozenset[str]) -> Sequence[Judged]:
    if not policy.preflight:
        return ()
    return [one for one in judged if not one.lets_go_on and one.item.id not in aside]


def _failed(wrong: Sequence[Judged], what: str, next_step: str) -> Refused:
    told = "\n".join(
        f"  {one.result.value:8} {one.item.id}: {one.explanation or one.item.text}" for one in wrong
    )
    stand = "item stands" if len(wrong) == 1 else "items stand"
    return Refused(
        "preflight-failed",
        f"{len(wrong)} {stand} against {what}:\n{told}",
        next_step=next_step,
    )


def _questions(asked: Preflight, plan: Plan, settings: Settings) -> Questions:
    return Questions(
        required=[name_of(one) for one in required_before(asked, plan)],
        clean=[name_of(one) for one in clean_before(asked, plan)],
        touched=sorted(named_by(plan)),
        extensions=asked.extensions,
        long=asked.max_transaction,
        in_the_way=settings.lock_timeout or IN_THE_WAY,
        disk=asked.disk_free > 0,
    )
