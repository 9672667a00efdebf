"""The trouble of ``halt_sql``: the target is halted, and something still runs there."""

from ceremony.core.halting import HaltReport
from ceremony.errors import ExitCode
from ceremony.management.trouble import Trouble


def of_halt(report: HaltReport) -> Trouble | None:
    """Where the run that was at work has not ended; ``None`` where it has."""
    met = report.stopped
    if met is None or not met.still:
        return None
    why = "this role may not cancel it" if met.forbidden else "it has not ended yet"
    return Trouble(
        "halt-unfinished",
        f"Process {met.process} is still at work on {report.alias!r}: {why}.",
        "The target is halted: nothing starts behind what is at work. A statement outside a "
        "transaction may still take effect.",
        f"As a role that may: SELECT pg_cancel_backend({met.process}); or look at it: "
        f"SELECT * FROM pg_stat_activity WHERE pid = {met.process}",
        ExitCode.FAILED,
    )
