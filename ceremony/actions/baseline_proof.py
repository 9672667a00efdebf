"""The proof of a baseline: its file run twice on a scratch database, compared with the target."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ceremony.actions.library import Library
from ceremony.actions.ready import Ready
from ceremony.actions.rehearse_source import Source, ground
from ceremony.actions.rehearse_stage import DROPPED, Blueprint, Stage
from ceremony.actions.watching import Unwatched
from ceremony.conf import Settings
from ceremony.core.baseline import Proof, prove, respelled, told
from ceremony.core.catalog import Difference, Snapshot
from ceremony.core.check import CheckResult, CheckSeverity, When
from ceremony.core.contract.holding import held_on
from ceremony.core.finding import Finding, errors, note, refuse
from ceremony.core.migration import Migration
from ceremony.core.outcome import CheckOutcome, Problem, StepOutcome, StepState
from ceremony.core.rehearsal.steps import unchecked
from ceremony.core.series import Series
from ceremony.core.steps import apply_step
from ceremony.errors import NOTHING_CHANGED
from ceremony.pg.contract import ask_contract
from ceremony.pg.introspect import take
from ceremony.pg.scratch import load_schema, origin_like, scratch_database
from ceremony.pg.session import Session, SessionSettings, open_session
from ceremony.pg.verify import run_checks

_SHOWN = 20
_KEPT = 500
_NO_RIGHT = "42501"
"""insufficient_privilege (manual, appendix A)."""
_NOTHING_RECORDED = "Nothing was recorded, and the target was only read."


@dataclass(frozen=True)
class Case:
    """What is to be proved: that ``migration`` builds ``live``, but for what ``ignore`` leaves out.

    ``rights``: whether owners and grants count. ``versions`` are those that will be recorded.
    """

    library: Library
    migration: Migration
    live: Snapshot
    ignore: tuple[str, ...]
    rights: bool
    versions: frozenset[str]

    @property
    def series(self) -> Series:
        """The series that gets the baseline."""
        return self.library.series[self.migration.series]


@dataclass(frozen=True)
class Proved:
    """What came of it; ``problem`` is why nothing may be recorded."""

    proof: Proof | None = None
    checks: tuple[CheckOutcome, ...] = ()
    findings: tuple[Finding, ...] = ()
    problem: Problem | None = None


def prove_file(case: Case, here: Ready, settings: Settings) -> Proved:
    """Build the file twice on a scratch database, compare, and run its ``always`` checks on the
    target.

    Raises what ``ground`` and ``Stage`` raise, and SnapshotUnknown.
    """
    proof = _proof(case, here, settings)
    if isinstance(proof, Problem):
        return Proved(problem=proof)
    findings = tuple(_findings(case.migration, proof))
    if not proof.holds:
        return Proved(proof, (), findings, _refusal(case, here, proof))
    checks = run_checks(here.access.session, case.migration.checks_when(When.ALWAYS))
    contract = _contract(case, here)
    problem = _failed_check(case, checks) or _violated(case, contract) or _moved(case, here)
    return Proved(proof, checks, (*findings, *contract), problem)


def _proof(case: Case, here: Ready, settings: Settings) -> Proof | Problem:
    """The comparison; or why the file cannot be built."""
    target = here.access.target
    step = apply_step(1, case.migration)
    with ground(Source(), case.series, target, case.library, settings) as built_on:
        blueprint = Blueprint(
            dict(target.parameters), built_on.origin, settings, here.caller, built_on.base
        )
        with Stage(blueprint, Unwatched()) as stage:
            if problem := _failed(case.migration, stage.run(step), "first"):
                return problem
            once = stage.picture().snapshot
            if problem := _failed(case.migration, stage.run(unchecked(step)), "second"):
                return problem
            twice = stage.picture().snapshot
            proof = prove(case.live, once, twice, ignore=case.ignore, rights=case.rights)
            if not proof.spelling:
                return proof
            live = _reloaded(here.access.session, here, settings)
            return respelled(proof, live, _reloaded(stage.session, here, settings))


def _reloaded(origin: Session, here: Ready, settings: Settings) -> Snapshot:
    """The catalog of a copy that was made by pg_dump, as every restored backup is."""
    server = dict(here.access.target.parameters)
    parameters = {**server, "dbname": origin.identity.database}
    with scratch_database(server, origin_like(origin)) as copy:
        load_schema(origin, parameters, copy, pg_bin=settings.pg_bin)
        with open_session(copy, SessionSettings(run="scratch")) as session:
            return take(session, ledger_schema=settings.ledger_schema)


def _failed(migration: Migration, outcome: StepOutcome, time: str) -> Problem | None:
    if outcome.state is StepState.DONE:
        return None
    said = outcome.problem
    server = said.server if said else None
    mend = f"Mend {migration.path}, then run the same command again."
    if server is not None and server.sqlstate == _NO_RIGHT:
        mend = (
            "Use a role that may do that; or leave owners and grants out: delete "
            f"{migration.path} with its checks, then run the same command with --without-rights."
        )
    return Problem(
        "baseline-build-failed" if time == "first" else "baseline-not-repeatable",
        f"{migration.label} failed on the scratch database, the {time} time it was run: "
        f"{said.happened if said else outcome.state.value}",
        f"{DROPPED} {_NOTHING_RECORDED}",
        mend,
        server,
    )


def _findings(migration: Migration, proof: Proof) -> Iterator[Finding]:
    """What differs, at most ``_KEPT`` of each kind; comments and column order as notes."""
    for one in proof.differences[:_KEPT]:
        hint = "Correct the file, or the database."
        yield refuse(migration.path, "baseline-differs", told(one), hint)
    for one in proof.repeated[:_KEPT]:
        hint = "Write the statement so that it finds its object and leaves it."
        yield refuse(migration.path, "baseline-not-repeatable", one.sentence, hint)
    for one in proof.respelled[:_KEPT]:
        hint = "Nothing must be done: reloaded from a dump, both are written alike."
        yield note(migration.path, "baseline-respelled", told(one), hint)
    for one in proof.cosmetic[:_KEPT]:
        hint = "Nothing must be done: comments and the order of columns do not count."
        yield note(migration.path, "baseline-cosmetic", told(one), hint)


def _refusal(case: Case, here: Ready, proof: Proof) -> Problem:
    label, alias = case.migration.label, here.access.target.alias
    if not proof.differences:
        return Problem(
            "baseline-not-repeatable",
            f"Running {label} a second time changes what the first time built:\n"
            f"{_listed([one.sentence for one in proof.repeated])}",
            f"{DROPPED} {_NOTHING_RECORDED}",
            f"Mend {case.migration.path}, then run the same command again.",
        )
    return Problem(
        "baseline-differs",
        f"{label} does not build the schema of {alias!r}: {_counted(proof.differences)}.\n"
        f"{_listed([told(one) for one in proof.differences])}",
        _NOTHING_RECORDED,
        f"Where the database is right, correct {case.migration.path}; where the file is right, "
        "correct the database. Then run the same command again.",
    )


def _counted(found: Sequence[Difference]) -> str:
    return "1 difference" if len(found) == 1 else f"{len(found):,} differences"


def _listed(sentences: Sequence[str]) -> str:
    lines = [f"  {sentence}" for sentence in sentences[:_SHOWN]]
    if len(sentences) > _SHOWN:
        lines.append(f"  … and {len(sentences) - _SHOWN:,} more; the record has them.")
    return "\n".join(lines)


def _failed_check(case: Case, checks: Sequence[CheckOutcome]) -> Problem | None:
    bad = {CheckResult.FAIL, CheckResult.NOT_RUN}
    found = [c for c in checks if c.result in bad and c.check.severity is CheckSeverity.BLOCK]
    if not found:
        return None
    return Problem(
        "baseline-check-failed",
        f"The check {found[0].check.name!r} does not hold on the live database: "
        f"{found[0].explanation}",
        f"What the check did was undone. {NOTHING_CHANGED}",
        f"Either the data or the check is wrong: {found[0].check.path}:{found[0].check.line}",
    )


def _contract(case: Case, here: Ready) -> tuple[Finding, ...]:
    """What the contract will require once the rows are written, and is not there."""
    contract = case.series.contract
    held = held_on(case.series, here.history, case.versions)
    if not held:
        return ()
    found = ask_contract(here.access.session.ask, held)
    return tuple(one.finding(contract.path, here.caller.command) for one in found)


def _violated(case: Case, contract: tuple[Finding, ...]) -> Problem | None:
    broken = errors(contract)
    if not broken:
        return None
    return Problem(
        broken[0].code,
        f"{case.migration.label} builds the live schema, and the contract asks for more: "
        f"{broken[0].message}",
        _NOTHING_RECORDED,
        broken[0].hint,
    )


def _moved(case: Case, here: Ready) -> Problem | None:
    """The live schema must be the one that the proof was about until it is recorded."""
    now = take(here.access.session, ledger_schema=here.access.ledger.schema)
    if (now.digest, now.rights_digest) == (case.live.digest, case.live.rights_digest):
        return None
    return Problem(
        "baseline-moved",
        f"The schema of {here.access.target.alias!r} changed while the file was being proved.",
        _NOTHING_RECORDED,
        f"Keep others from changing it meanwhile: {here.caller.command}",
    )
