"""Refusals: errors among findings, raised as one error that lists them all."""

from collections.abc import Sequence

from ceremony.core.finding import Finding, errors
from ceremony.errors import CeremonyError, Refused, Tampered, UsageError

_SHOWN = 20

#: Findings that no honest run produces: what was applied is not what is on the disk any more.
TAMPERING = frozenset({"ledger-digest-mismatch", "ledger-file-missing", "partial-file-changed"})
#: Findings about what was typed, not about files or target.
MISTYPED = frozenset({"version-unknown", "rollback-variant-unknown"})


def refuse_files(findings: Sequence[Finding]) -> None:
    """Raises Refused that lists the errors of the files, if there are any (files-refused for
    several).
    """
    found = errors(tuple(findings))
    if not found:
        return
    count = "1 error" if len(found) == 1 else f"{len(found)} errors"
    raise Refused(
        "files-refused" if len(found) > 1 else found[0].code,
        _listed(f"The files have {count}:", found),
        next_step="Mend the files; `manage.py check_sql` shows all findings without a database.",
    )


def refuse_plan(findings: Sequence[Finding], what: str) -> None:
    """Raises the errors of a plan, if there are any (plan-refused for several).

    Tampered when one of them is tampering, UsageError when one was mistyped, else Refused. ``what``
    names the series and the target.
    """
    found = errors(tuple(findings))
    if not found:
        return
    kind = _kind({finding.code for finding in found})
    if len(found) == 1:
        one = found[0]
        raise kind(one.code, f"{one.place}: {one.message}", next_step=one.hint)
    raise kind(
        "plan-refused",
        _listed(f"{len(found)} things stand against {what}:", found),
        next_step="Take them one by one; each says how.",
    )


def _listed(heading: str, found: Sequence[Finding]) -> str:
    lines = [f"  {f.place}  {f.message} [{f.code}]\n      {f.hint}" for f in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  … and {len(found) - _SHOWN} more.")
    return "\n".join([heading, *lines])


def _kind(codes: set[str]) -> type[CeremonyError]:
    if codes & TAMPERING:
        return Tampered
    return UsageError if codes & MISTYPED else Refused
