"""The trouble that reports and watches end with: something in them must not be."""

from collections.abc import Sequence

from ceremony.core.execution.population import PopulationReport
from ceremony.core.watching import WatchLook
from ceremony.errors import ExitCode
from ceremony.management.next_command import program
from ceremony.management.trouble import Trouble
from ceremony.management.units import counted


def of_population(report: PopulationReport) -> Trouble | None:
    """Something was applied without approval, or it cannot be told for every target."""
    state = "The ledgers were only read; the report is kept."
    if found := report.without_approval:
        first = found[0]
        return Trouble(
            "applied-without-approval",
            f"{counted(len(found), 'change')} applied without approval; the first: {first.label} "
            f"on {first.alias!r}, {first.event}. {first.why}",
            state,
            "Find out who ran it, and how; the report names run and ledger row of each.",
            ExitCode.TAMPERED,
        )
    for one in sorted(report.not_asked, key=lambda one: not one.broken):
        return Trouble(
            "population-incomplete",
            f"The ledger of {one.alias!r} could not be counted on: {one.trouble}",
            state,
            f"{program()} verify_audit --targets tells more."
            if one.broken
            else "Make it readable and ask again; what control knows of it is in the report.",
            ExitCode.TAMPERED if one.broken else ExitCode.FAILED,
        )
    return None


def of_watch(looks: Sequence[WatchLook]) -> Trouble | None:
    """A look that found something else than it should."""
    breached = [one for one in looks if one.breached]
    if not breached:
        return None
    first = breached[0]
    why = _why(first)
    return Trouble(
        "monitor-breached",
        f"{counted(len(breached), 'look')} of {len(looks)} at {first.series} on {first.alias!r} "
        f"found a breach; the first: {why}",
        "The target was only read; every look is recorded.",
        f"Look at run {first.run} in the admin. To stop the world: {program()} halt_sql --database "
        f'{first.alias} --reason "why"',
        ExitCode.FAILED,
    )


def _why(look: WatchLook) -> str:
    if look.problem is not None:
        return look.problem.happened
    told = f"{look.passed} of {counted(len(look.checks), 'check')} passed."
    more = f" Not asked, because nothing applied has them: {', '.join(look.missing)}."
    return told + (more if look.missing else "")
