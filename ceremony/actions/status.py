"""Status: every migration of a series, as it stands on a target."""

from ceremony import conf
from ceremony.actions.access import home_of, reached
from ceremony.actions.control import control_errors, require_control
from ceremony.actions.library import load_library
from ceremony.actions.open_ceremonies import open_ceremonies
from ceremony.actions.recognise import refuse_stranger
from ceremony.actions.record import control_identity, open_attempts
from ceremony.actions.targets import known_target
from ceremony.core.finding import errors
from ceremony.core.halting import open_halt
from ceremony.core.history import History
from ceremony.core.plan import compare
from ceremony.core.report import StatusReport
from ceremony.core.status import status_lines
from ceremony.pg.lock import lock_holder


@control_errors()
def status(series: str, alias: str | None) -> StatusReport:
    """Reads files, ledger and record; changes nothing and takes no lock.

    Raises UsageError, Refused and Tampered as ``apply`` does.
    """
    settings = conf.load()
    library = load_library(settings.root, [series])
    one = library.series[series]
    target = home_of(one, alias, settings)
    require_control()
    with reached(target, settings, "status") as access:
        known = known_target(target.alias)
        rows = access.ledger.rows() if access.ledger.exists() else ()
        refuse_stranger(access, known, rows, control_identity())
        holder = lock_holder(access.session, settings.ledger_schema)
        facts = access.facts
    history = History(rows)
    return StatusReport(
        target=facts,
        series=series,
        lines=status_lines(one, history),
        findings=(*errors(library.findings), *compare(one, history)),
        unsettled=len(open_attempts(known)) if known else 0,
        running=str(holder) if holder else "",
        ceremonies=open_ceremonies(known, series, settings) if known else (),
        halt=open_halt(rows),
    )
