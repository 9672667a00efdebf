"""Authors: everybody who counts as having made a change, by all names that are known of them.

Who counts as an author may not approve where the policy keeps the two apart. Too many names are the
safe side: none is dropped, however many a file names.
"""

from collections.abc import Iterator
from pathlib import Path

from django.contrib.auth.models import AbstractUser

from ceremony.actions import evidence
from ceremony.actions.people import names_at_shell, names_of
from ceremony.actions.ready import Caller
from ceremony.conf import Settings
from ceremony.core.manifest import Manifest
from ceremony.core.plan import Plan
from ceremony.sources.git import committers_of


def authors_of(
    plan: Plan, manifest: Manifest, caller: Caller, account: AbstractUser | None, settings: Settings
) -> tuple[str, ...]:
    """Who asks (at the shell, and the account), who is named in ``Author:`` lines, and who wrote or
    committed the files, as git tells it. Cleaned, in this order, each once.
    """
    names = (
        *names_at_shell(caller.actor.name, settings.people),
        *(names_of(account) if account else ()),
        *_said(plan),
        *_committed(manifest, settings.root),
    )
    return tuple(dict.fromkeys(evidence.clean(name) for name in names))


def _said(plan: Plan) -> Iterator[str]:
    """What the ``Author:`` lines of a change and of its ways back say."""
    for step in plan.steps:
        migration = step.migration
        for header in (migration.header, *migration.rollback_headers.values()):
            yield from (value for key, value in header.about if key.lower() == "author")


def _committed(manifest: Manifest, root: Path) -> tuple[str, ...]:
    return committers_of(root, [file.path for file in manifest.changing])
