"""Override: break-glass, a run that nobody approved. It needs a right of its own, says so for ever,
and nothing else runs on the target until two others have looked at it.
"""

from ceremony.actions import evidence
from ceremony.actions.approval import Wanted
from ceremony.actions.people import OVERRIDE, account, refuse_without
from ceremony.actions.permit import Permit, PermitKind
from ceremony.actions.quorums import unreviewed
from ceremony.actions.ready import Caller
from ceremony.errors import Refused, UsageError
from ceremony.models import Target


def overriding(wanted: Wanted, why: str) -> Permit:
    """The permit of a break-glass, for the account that the caller has shown the password of.

    Raises UsageError (override-needs-user) and Refused (override-not-needed, right-missing).
    """
    if wanted.policy.is_open:
        raise Refused(
            "override-not-needed",
            f"The policy of {wanted.here.access.target.alias!r} ({wanted.policy.name}) asks for no "
            "approval; there is nothing to override.",
            next_step="Type the command without --override.",
        )
    refuse_unable(wanted.here.caller)
    return Permit(
        PermitKind.OVERRIDE, wanted.policy, wanted.series, why=evidence.bounded(why.strip())
    )


def refuse_unable(caller: Caller) -> None:
    """See that the caller is a person who may break the glass now.

    Raises UsageError (override-needs-user) and Refused (right-missing).
    """
    user = account(caller.account) if caller.account else None
    if user is None:
        raise UsageError(
            "override-needs-user",
            "A run without an approval needs a person who answers for it.",
            next_step="Add --user NAME: an account with the permission "
            f"ceremony.{OVERRIDE}; its password is asked for.",
        )
    refuse_without(user, OVERRIDE, "run without an approval")


def refuse_unreviewed(target: Target) -> None:
    """Nothing runs on a database on whose last break-glass two others have not looked yet, by
    whichever alias it was reached.

    Raises Refused (override-unreviewed).
    """
    for ceremony, missing in unreviewed(target):
        raise Refused(
            "override-unreviewed",
            f"Ceremony {ceremony.pk} ran on {ceremony.target.alias!r} without an approval, and two "
            f"others have to look at it before anything else runs there: {missing} missing.",
            next_step=f"Two people who may sign and did not run it sign the review on the page "
            f"of ceremony {ceremony.pk} in the admin.",
        )
