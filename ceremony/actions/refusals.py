"""Refusals: errors among findings, raised as one error that lists them all."""

from collections.abc import Sequence

from ceremony.core.finding import Finding, errors
from ceremony.errors import CeremonyError, Refused, Tampered

_SHOWN = 20

#: Findings that no honest run produces: what was applied is not what is on the disk any more.
TAMPERING = frozenset({"ledger-digest-mismatch", "ledger-file-missing", "partial-file-changed"})


def refuse_findings(findings: Sequence[Finding], what: str) -> None:
    """Raises Tampered when one of the errors is tampering, else Refused; nothing when there is no error.

    ``what`` names the series and the target.
    """
    found = errors(tuple(findings))
    if not found:
        return
    kind: type[CeremonyError] = Refused
    if any(finding.code in TAMPERING for finding in found):
        kind = Tampered
    if len(found) == 1:
        one = found[0]
        raise kind(one.code, f"{one.place}: {one.message}", next_step=one.hint)
    lines = [f"  {f.place}  {f.message} [{f.code}]\n      {f.hint}" for f in found[:_SHOWN]]
    if len(found) > _SHOWN:
        lines.append(f"  … and {len(found) - _SHOWN} more.")
    raise kind(
        "plan-refused",
        "\n".join([f"{len(found)} things stand against {what}:", *lines]),
        next_step="Take them one by one; each says how.",
    )
