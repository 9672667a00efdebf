"""Loss: a way back that loses data is taken only with a reason and a backup, both recorded."""

from dataclasses import dataclass

from django.db import transaction

from ceremony.actions.backup import back_up_target, facts_of
from ceremony.actions.ready import Ready
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings
from ceremony.core.chain import Json
from ceremony.core.plan import Plan, Step
from ceremony.errors import Refused
from ceremony.models.audit import Act, Action, append
from ceremony.pg.backup import Backup


@dataclass(frozen=True)
class LossAccepted:
    """``why`` accepts that data goes.

    ``backup_folder``: make a backup there first; ``backup_evidence``: where the backup is that
    was made otherwise.
    """

    why: str = ""
    backup_folder: str = ""
    backup_evidence: str = ""


def refuse_unaccepted_loss(plan: Plan, accepted: LossAccepted) -> None:
    """Raises Refused: data-loss-not-accepted, backup-missing."""
    losing = [step for step in plan.steps if step.loses_data]
    if not losing:
        return
    if not accepted.why.strip():
        raise Refused(
            "data-loss-not-accepted",
            "\n".join(["Rolling back loses data:", *map(_loss_line, losing)]),
            next_step='Add --accept-data-loss "why it may go" and either --backup DIR or '
            '--backup-evidence "where the backup is".',
        )
    if not (accepted.backup_folder or accepted.backup_evidence.strip()):
        raise Refused(
            "backup-missing",
            "\n".join(["The loss is accepted, but there is no backup:", *map(_loss_line, losing)]),
            next_step="Add --backup DIR (runs pg_dump and verifies the file) or "
            '--backup-evidence "where it is".',
        )


def record_loss(
    here: Ready, plan: Plan, accepted: LossAccepted, settings: Settings, watcher: Watcher
) -> Backup | None:
    """Make the backup that was asked for, and record acceptance and backup in the trail.

    Raises Refused (backup-failed); then nothing was rolled back.
    """
    losing = [step for step in plan.steps if step.loses_data]
    if not (losing or accepted.backup_folder):
        return None
    made = None
    detail: dict[str, Json] = {
        "why": accepted.why,
        "evidence": accepted.backup_evidence,
        "loses": {step.migration.label: step.data_loss for step in losing},
    }
    if accepted.backup_folder:
        made = back_up_target(here, accepted.backup_folder, settings, watcher)
        detail["backup"] = facts_of(made)
    with transaction.atomic(durable=True):
        append(
            [
                Act(
                    Action.DATA_LOSS_ACCEPTED if losing else Action.BACKUP_MADE,
                    here.caller.actor.name,
                    here.access.target.alias,
                    plan.series,
                    f"{len(plan.steps)} steps back",
                    detail,
                )
            ]
        )
    return made


def _loss_line(step: Step) -> str:
    return f"  {step.migration.label}: {step.data_loss}"
