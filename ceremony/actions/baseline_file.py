"""The file of a baseline: the one that is meant, or a new one, written from the live schema."""

import re
from dataclasses import dataclass
from pathlib import Path

from ceremony.actions.access import Access
from ceremony.actions.library import load_library
from ceremony.actions.ready import now
from ceremony.actions.refusals import refuse_files
from ceremony.conf import Settings
from ceremony.core.baseline import BaselineFacts, BaselineFiles, Taste, write_baseline
from ceremony.core.baselining import span_before
from ceremony.core.catalog import Snapshot
from ceremony.core.migration import Migration
from ceremony.core.series import Series
from ceremony.core.sql import SqlSyntaxError
from ceremony.errors import CeremonyError, Refused, UsageError
from ceremony.pg.schema_dump import dump_schema
from ceremony.sources.write import baseline_migration

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_NO_RIGHTS = ("--no-owner", "--no-privileges")


@dataclass(frozen=True)
class Wanted:
    """What the caller asked for: ``named`` is a version, a file's name, or the name of a new file.

    ``supersedes`` is the range that a new file stands for, ``None`` for everything before it;
    ``rights``: whether it has owners and grants.
    """

    series: str
    named: str | None
    supersedes: str | None
    rights: bool


def found_file(series: Series, named: str | None) -> Migration | None:
    """The file that is meant; ``None`` for one that is to be written.

    Raises UsageError (version-unknown, baseline-not-named).
    """
    if named is None:
        superseding = [m for m in series.runnable if m.header.supersedes]
        if superseding or len(series.runnable) == 1:
            return (superseding or series.runnable)[-1]
        raise UsageError(
            "baseline-not-named",
            f"No file of {series.name!r} says what it supersedes, so none can be meant.",
            next_step="Name the file that is the baseline, or give a name to a new one: "
            f"manage.py baseline_sql {series.name} baseline",
        )
    by_name = [m for m in series.migrations if m.name == named]
    found = series.find(named) or (by_name[0] if len(by_name) == 1 else None)
    if found is None and not _NAME.fullmatch(_plain(named)):
        raise UsageError(
            "version-unknown",
            f"There is no version {named!r} in {series.name!r}.",
            next_step=f"manage.py status_sql {series.name} lists them; for a new file, give a "
            f"name without a number: manage.py baseline_sql {series.name} baseline",
        )
    return found


def _plain(named: str) -> str:
    return re.sub(r"[\s\-]+", "_", named.strip()).lower()


def write_file(
    wanted: Wanted, series: Series, access: Access, live: Snapshot, kept: Snapshot, cfg: Settings
) -> tuple[Migration, tuple[Path, ...]]:
    """Write the file and its checks, and read the file back.

    ``live`` is the whole catalog of the target, ``kept`` without what the series leaves out. Raises
    Refused (dump-failed, baseline-unreadable, files-refused) and UsageError (name-taken,
    path-unwritable).
    """
    texts = _texts(wanted, series, access, live, kept, cfg)
    paths = baseline_migration(
        cfg.root, series.name, _plain(wanted.named or ""), texts.change, texts.checks, now=now()
    )
    library = load_library(cfg.root, [series.name])
    try:
        refuse_files(library.findings)
    except CeremonyError:
        # A file that cannot be read would stand in the way of every other command.
        for path in paths:
            path.unlink()
        raise
    label = paths[0].name.removesuffix(".sql")
    found = library.series[series.name].find(label)
    if found is None:
        raise RuntimeError(f"{label} was written and is not there")
    return found, paths


def _texts(
    wanted: Wanted, series: Series, access: Access, live: Snapshot, kept: Snapshot, cfg: Settings
) -> BaselineFiles:
    identity = access.session.identity
    dump = dump_schema(
        access.target.parameters,
        pg_bin=cfg.pg_bin,
        server_version=identity.server_version,
        flags=() if wanted.rights else _NO_RIGHTS,
    )
    span = wanted.supersedes if wanted.supersedes is not None else span_before(series)
    server = identity.server_version
    facts = BaselineFacts(
        series.settings.title, span, f"PostgreSQL {server // 10000}.{server % 10000}"
    )
    try:
        return write_baseline(dump, facts, _taste(identity.current_user, live, kept))
    except SqlSyntaxError as error:
        line = dump.splitlines()[error.line - 1 : error.line]
        raise Refused(
            "baseline-unreadable",
            f"The parser cannot read what pg_dump wrote: {error.message}, at: "
            f"{''.join(line).strip()[:120]}",
            next_step="Write the file by hand (manage.py new_sql), and let it be proved: "
            f"manage.py baseline_sql {series.name} VERSION",
        ) from None


def _taste(user: str, live: Snapshot, kept: Snapshot) -> Taste:
    """What is left out, and which materialized views hold nothing, by the snapshot."""
    gone = {key.name.partition("(")[0] for key in live.objects.keys() - kept.objects.keys()}
    gone -= {key.name.partition("(")[0] for key in kept.objects}
    unfilled = frozenset(
        item.key.name for item in kept.objects.values() if item.structure.get("populated") == "no"
    )
    return Taste(user, frozenset(gone), unfilled)
