"""Backup: dump a target before a run, verify the file, and record it."""

from pathlib import Path

from ceremony.actions.ready import Ready
from ceremony.actions.record import recording
from ceremony.actions.watching import Watcher
from ceremony.conf import Settings
from ceremony.core.chain import Json
from ceremony.models.audit import Act, Action
from ceremony.pg.backup import Backup, back_up


def back_up_target(here: Ready, folder: str, settings: Settings, watcher: Watcher) -> Backup:
    """Dump the whole database into a new file in ``folder``. Raises Refused (backup-failed)."""
    watcher.note("Backing up with pg_dump …")
    made = back_up(
        here.access.target.parameters,
        Path(folder),
        pg_bin=settings.pg_bin,
        server_version=here.access.session.identity.server_version,
    )
    watcher.note(f"Backup written and verified: {made.path} ({made.size} bytes).")
    return made


def facts_of(made: Backup) -> dict[str, Json]:
    """What is kept of a backup."""
    return {"path": str(made.path), "bytes": made.size, "sha256": made.sha256}


def record_backup(
    here: Ready, series: str, folder: str, settings: Settings, watcher: Watcher
) -> Backup:
    """The same for a run of ``series``, with the event ``backup made``."""
    made = back_up_target(here, folder, settings, watcher)
    detail: dict[str, Json] = {"backup": facts_of(made)}
    actor, alias = here.caller.actor.name, here.access.target.alias
    with recording() as head:
        head.append([Act(Action.BACKUP_MADE, actor, alias, series, alias, detail)])
    return made
