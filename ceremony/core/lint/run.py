"""The run of the lint: every rule over every script, silences and severities heard."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ceremony.core.finding import Finding, Severity
from ceremony.core.lint.remark import Remark
from ceremony.core.lint.rule import Rule
from ceremony.core.lint.severities import severities
from ceremony.core.lint.silencing import Silencer, silencers, unused
from ceremony.core.lint.subject import Subject
from ceremony.core.lint.survey import made_by, subjects
from ceremony.core.series import Series


def lint(library: Mapping[str, Series], rules: Sequence[Rule]) -> tuple[Finding, ...]:
    """What ``rules`` say about all series of ``library``, sorted; no database is asked.

    Beside the rules' own codes: ``settings-lint``, ``silence-invalid``, ``silence-rule-unknown``,
    ``silence-unused``. Retired files, and files that another one supersedes, are not looked at:
    the first never run, the second are history.
    """
    by_code = {rule.code: rule for rule in rules}
    found: list[Finding] = []
    made = made_by(library)
    for series in library.values():
        judged = severities(series, by_code)
        found.extend(judged.findings)
        for subject in subjects(series, library, made):
            found.extend(_looked_at(subject, by_code, judged.by_code))
    return tuple(sorted(found))


def lint_files(
    library: Mapping[str, Series], name: str, paths: Collection[str], rules: Sequence[Rule]
) -> tuple[Finding, ...]:
    """What ``rules`` say about these files of the series ``name``, sorted; the rest of ``library``
    is what stands before and beside them.
    """
    by_code = {rule.code: rule for rule in rules}
    severity = severities(library[name], by_code).by_code
    looked = subjects(library[name], library, made_by(library))
    found = (_looked_at(one, by_code, severity) for one in looked if one.path in paths)
    return tuple(sorted(finding for findings in found for finding in findings))


def _looked_at(
    subject: Subject, rules: Mapping[str, Rule], severity: Mapping[str, Severity | None]
) -> Iterator[Finding]:
    allowed, wrong = silencers(subject.script, subject.header, rules)
    yield from wrong
    used: set[Silencer] = set()
    for code, rule in rules.items():
        level = severity[code]
        if not subject.is_change and not rule.on_rollbacks:
            continue
        for remark in rule.look(subject):
            silencing = _silencing(code, remark, allowed)
            used.update(silencing)
            if level is not None and not silencing:
                yield _finding(subject, code, remark, level)
    yield from unused(subject.path, (one for one in allowed if one not in used))


def _silencing(code: str, remark: Remark, allowed: Iterable[Silencer]) -> tuple[Silencer, ...]:
    number = remark.statement.number if remark.statement else 0
    return tuple(one for one in allowed if one.code == code and one.statement in (0, number))


def _finding(subject: Subject, code: str, remark: Remark, severity: Severity) -> Finding:
    line, column = remark.line, remark.column
    if remark.statement is not None and not line:
        line, column = remark.statement.line, remark.statement.column
    return Finding(subject.path, line, column, code, remark.message, remark.hint, severity)
