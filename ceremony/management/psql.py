"""The plan as one script for ``psql``: what would run, for a DBA to read, or to run by hand."""

from ceremony.conf import Settings
from ceremony.core.plan import Step
from ceremony.core.report import PlanReport
from ceremony.core.script import Statement
from ceremony.management.pages.plan import step_notes
from ceremony.management.pages.target import target_name
from ceremony.management.units import counted
from ceremony.management.visible import visible

_HEAD = """\
-- {steps} of {series} to {direction} on {target}.
-- Plan {digest}
--
-- This is what Ceremony would run, statement by statement, for a person to read. Run by hand, it
-- changes the database and leaves no trace in the ledger: no row is written, no check is run,
-- nobody is asked.
--   psql --no-psqlrc --file this.sql '<connection string>'
\\set ON_ERROR_STOP on
SET client_encoding = 'UTF8';
SET search_path = public;
SET standard_conforming_strings = on;
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET lock_timeout = '{lock_timeout}ms';
SET statement_timeout = '{statement_timeout}ms';
"""


def psql_script(report: PlanReport, settings: Settings) -> str:
    """The whole script. Timeouts are milliseconds, 0 for none; a migration's own ones stand with
    it.
    """
    plan = report.plan
    defaults = {
        "lock_timeout": settings.lock_timeout,
        "statement_timeout": settings.statement_timeout,
    }
    head = _HEAD.format(
        steps=counted(len(plan.steps), "migration"),
        series=visible(plan.series),
        direction=plan.direction.value,
        target=visible(target_name(report.target)),
        digest=report.digest,
        **defaults,
    )
    total = len(plan.steps)
    return head + "".join(f"\n{_step(step, total, defaults)}" for step in plan.steps)


def _step(step: Step, total: int, defaults: dict[str, int]) -> str:
    header = step.header
    own = {"lock_timeout": header.lock_timeout, "statement_timeout": header.statement_timeout}
    given = {name: value for name, value in own.items() if value is not None}
    lines = [*_comments(step, total)]
    if step.script is None:
        return "\n".join(lines) + "\n"
    body = [_statement(s) for s in step.script.sent if s.number > step.resume_after]
    if step.transactional:
        limits = [f"SET LOCAL {name} = '{value}ms';" for name, value in given.items()]
        lines += ["BEGIN;", *limits, *body, "COMMIT;"]
    else:
        before = [f"SET {name} = '{value}ms';" for name, value in given.items()]
        after = [f"SET {name} = '{defaults[name]}ms';" for name in given]
        lines += [*before, *body, *after]
    return "\n".join(lines) + "\n"


def _comments(step: Step, total: int) -> list[str]:
    migration, script = step.migration, step.script
    lines = [
        f"-- {step.number} of {total}: {visible(migration.label)}",
        *(f"-- Note: {visible(note)}" for note in step_notes(step)),
    ]
    if script is not None:
        lines += [
            f"-- File: {visible(script.path)}",
            f"-- Bytes: {script.bytes_digest}",
            f"-- Meaning: {script.meaning_digest}",
        ]
    version = visible(f"{migration.series} {migration.version} {migration.name}")
    lines.append(f"-- Ledger row, not written by this script: {step.event.value} {version}")
    return lines


def _statement(statement: Statement) -> str:
    """The statement as in the file, ended; COPY with its data, exactly as psql reads it back."""
    if statement.copy is None:
        return f"{statement.text};"
    data = statement.copy.data.decode()
    end = "" if not data or data.endswith("\n") else "\n"
    return f"{statement.text};\n{data}{end}\\."
