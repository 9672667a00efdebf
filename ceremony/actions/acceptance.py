"""Acceptance: what still stands between a run and its sign-off.

People sign through ``actions.sign``; this is for what happens without a signature.
"""

from ceremony.actions.ceremonies import advance
from ceremony.actions.items import newest
from ceremony.core.item import Judged, Phase
from ceremony.core.policy import Policy
from ceremony.core.states import Act, State
from ceremony.models import AuditHead, Ceremony, StoredManifest

NOBODY_ASKED = "open policy"
"""Who signs off where a policy asks for nobody's acceptance."""


def unfinished(manifest: StoredManifest) -> tuple[Judged, ...]:
    """The items of every phase that neither passed nor were waived."""
    return tuple(one for phase in Phase for one in newest(manifest, phase) if not one.lets_go_on)


def accept_if_nobody_is_asked(
    head: AuditHead, ceremony: Ceremony, manifest: StoredManifest, policy: Policy
) -> None:
    """Sign off a ceremony whose policy asks nobody, once nothing is open any more. Both rows are
    locked.
    """
    waiting = State(ceremony.state) is State.AWAITING_SIGN_OFF
    if waiting and not policy.acceptances and not unfinished(manifest):
        advance(head, ceremony, Act.SIGN_OFF, NOBODY_ASKED)
