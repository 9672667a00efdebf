"""From the files of a folder to a series understood, with every finding at once."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ceremony.core.check import Check
from ceremony.core.contract.reading import read_requirements
from ceremony.core.digests import bytes_digest
from ceremony.core.directives import misplaced, read_header
from ceremony.core.finding import Finding, Severity, note, refuse, warn
from ceremony.core.header import Dependency, Header
from ceremony.core.layouts.layout import Layout, Misnamed, Named
from ceremony.core.layouts.recognise import layout_of
from ceremony.core.migration import Kind, Migration
from ceremony.core.naming import CONTRACT, SETTINGS, FileName, Role, classify, name_findings
from ceremony.core.script import Script
from ceremony.core.series import Series, SeriesFiles, SeriesSettings
from ceremony.core.settings_file import read_contract, read_settings
from ceremony.core.sql import parse_script
from ceremony.core.text import decode
from ceremony.core.two_ways import both_ways
from ceremony.core.verify_file import parse_verify


@dataclass
class _Bundle:
    """The files of one migration, before they are read."""

    change: FileName | None = None
    retired: FileName | None = None
    verify: FileName | None = None
    rollbacks: dict[str, FileName] = field(default_factory=dict)


class _Reading:
    """What one call of :func:`assemble` collects."""

    def __init__(self, files: SeriesFiles) -> None:
        self.series = files.name
        self.data: Mapping[str, bytes] = {file.path: file.data for file in files.files}
        self.found: list[Finding] = list(files.findings)

    def text(self, path: str) -> str | None:
        text, found = decode(path, self.data[path])
        self.found.extend(found)
        return text


def assemble(files: SeriesFiles) -> Series:
    """The series with all its migrations in order, and every finding about the folder, sorted.

    A file that cannot be understood stays in the series as a migration without statements, so that
    one mistake is one finding. Never raises for what files contain.
    """
    reading = _Reading(files)
    names = [classify(path) for path in sorted(reading.data)]
    reading.found.extend(name_findings(names))
    settings, layout = _settings(reading, names)
    bundles = _bundles(names)
    unread = frozenset(finding.path for finding in files.findings)
    reading.found.extend(_orphans(files.name, bundles, unread))
    migrations = sorted(_migrations(reading, layout, bundles), key=lambda m: (m.version, m.name))
    reading.found.extend(_duplicates(migrations))
    read = Series(files.name, settings, tuple(migrations), (), sources=reading.data)
    series = _contract(reading, read)
    resolved = tuple(_resolved(reading, layout, series, m) for m in migrations)
    if not migrations and not unread:
        reading.found.append(_empty(files.name))
    return replace(series, migrations=resolved, findings=_heard(reading.found, resolved))


def _settings(reading: _Reading, names: Sequence[FileName]) -> tuple[SeriesSettings, Layout]:
    stems = [name.stem for name in names if name.role is Role.CHANGE]
    path = f"{reading.series}/{SETTINGS}"
    text = reading.text(path) if path in reading.data else None
    read = read_settings(reading.series, path, text, stems)
    reading.found.extend(read.findings)
    return read.settings, layout_of(read.settings, fractions_said=read.fractions_said)


def _contract(reading: _Reading, series: Series) -> Series:
    """The series with what its ``contract.toml`` requires."""
    path = f"{series.name}/{CONTRACT}"
    text = reading.text(path) if path in reading.data else None
    if text is None:
        return series
    tables, found = read_contract(path, text)
    contract, wrong = read_requirements(path, text, tables, series)
    reading.found.extend((*found, *wrong))
    return replace(series, contract=contract, settings=replace(series.settings, contract=tables))


def _bundles(names: Iterable[FileName]) -> dict[str, _Bundle]:
    bundles: dict[str, _Bundle] = {}
    for name in names:
        if name.role not in _OF_MIGRATIONS:
            continue
        bundle = bundles.setdefault(name.stem, _Bundle())
        if name.role is Role.CHANGE:
            bundle.change = name
        elif name.role is Role.RETIRED:
            bundle.retired = name
        elif name.role is Role.VERIFY:
            bundle.verify = name
        else:
            bundle.rollbacks[name.variant] = name
    return bundles


_OF_MIGRATIONS = frozenset({Role.CHANGE, Role.RETIRED, Role.VERIFY, Role.ROLLBACK})


def _orphans(
    series: str, bundles: Mapping[str, _Bundle], unread: Collection[str]
) -> Iterable[Finding]:
    """Siblings without their change; one that is there but was not read has a finding already."""
    for stem, bundle in bundles.items():
        if bundle.change or bundle.retired or f"{series}/{stem}.sql" in unread:
            continue
        for sibling in filter(None, (bundle.verify, *bundle.rollbacks.values())):
            yield refuse(
                sibling.path,
                "name-orphan",
                f"{sibling.path.rpartition('/')[2]!r} belongs to no migration: {stem}.sql is "
                "not there.",
                f"Add {stem}.sql, or give the file the name of its migration.",
            )


def _migrations(
    reading: _Reading, layout: Layout, bundles: Mapping[str, _Bundle]
) -> Iterable[Migration]:
    for stem, bundle in bundles.items():
        for name in filter(None, (bundle.change, bundle.retired)):
            named = layout.read(stem)
            if isinstance(named, Misnamed):
                reading.found.append(_misnamed(name, named))
            elif name.role is Role.RETIRED:
                yield _retired(reading, name, named)
            else:
                yield _migration(reading, name, named, bundle)


def _misnamed(name: FileName, wrong: Misnamed) -> Finding:
    say = warn if name.role is Role.RETIRED else refuse
    return say(name.path, wrong.code, wrong.message, wrong.hint)


def _retired(reading: _Reading, name: FileName, named: Named) -> Migration:
    """Only the header is read: a retired file may be anything, and never runs."""
    data = reading.data[name.path]
    text = data.decode(errors="replace").removeprefix("\ufeff")
    header, found = read_header(name.path, text)
    reading.found.extend(f for f in found if f.code == "directive-unknown")
    if not header.retired:
        reading.found.append(
            refuse(
                name.path,
                "retired-without-reason",
                "A retired file does not say why it is retired.",
                "Add a first line: -- Retired: expects state that does not exist",
            )
        )
    script = Script(name.path, text, (), bytes_digest(data), "")
    return Migration(
        reading.series, named.version, named.name, name.path, Kind.RETIRED, header, script
    )


def _migration(reading: _Reading, name: FileName, named: Named, bundle: _Bundle) -> Migration:
    header, script = _script(reading, name.path)
    kind = Kind.PLANNED if header.planned else Kind.RUNNABLE
    if header.retired:
        reading.found.append(
            refuse(
                name.path,
                "retired-not-renamed",
                "The header says that the file is retired, but its name would let it run.",
                f"Rename it to {name.stem}.sql.retired, or delete the line 'Retired:'.",
            )
        )
    ways = {variant: _script(reading, way.path) for variant, way in bundle.rollbacks.items()}
    migration = Migration(
        reading.series,
        named.version,
        named.name,
        name.path,
        kind,
        header,
        script,
        _checks(reading, bundle.verify),
        {variant: way for variant, (_, way) in ways.items()},
        bytes_digest(reading.data[bundle.verify.path]) if bundle.verify else "",
        {variant: own for variant, (own, _) in ways.items()},
    )
    reading.found.extend(_incomplete(migration, bundle))
    return migration


def _script(reading: _Reading, path: str) -> tuple[Header, Script]:
    data = reading.data[path]
    text = reading.text(path)
    nothing = Script(path, text or "", (), bytes_digest(data), "")
    if text is None:
        return Header(), nothing
    header, found = read_header(path, text)
    reading.found.extend(found)
    reading.found.extend(misplaced(path, text))
    reading.found.extend(both_ways(path, text))
    script, wrong = parse_script(
        path, text, data, transactional=header.transactional, directives=header.directives
    )
    reading.found.extend(wrong)
    return header, script or nothing


def _checks(reading: _Reading, verify: FileName | None) -> tuple[Check, ...]:
    text = reading.text(verify.path) if verify else None
    if verify is None or text is None:
        return ()
    checks, found = parse_verify(verify.path, text)
    reading.found.extend(found)
    return checks


def _incomplete(migration: Migration, bundle: _Bundle) -> Iterable[Finding]:
    stem = migration.label
    if migration.kind is Kind.PLANNED:
        return
    if bundle.verify is None:
        yield warn(
            migration.path,
            "checks-missing",
            "Nothing verifies this migration.",
            f"Add {stem}.verify.sql with at least one check.",
        )
    if migration.header.reversible and "" not in migration.rollbacks:
        yield warn(
            migration.path,
            "rollback-missing",
            "There is no way back, and the header does not say that there is none.",
            f"Add {stem}.rollback.sql, or a line '-- Reversible: no (why)'.",
        )
    if not migration.header.reversible and "" in migration.rollbacks:
        yield warn(
            migration.path,
            "rollback-contradicted",
            "The header says 'Reversible: no', but there is a rollback file.",
            f"Delete the line, or {stem}.rollback.sql: as it is, the file never runs.",
        )


def _duplicates(migrations: Sequence[Migration]) -> Iterable[Finding]:
    first: dict[tuple[int, ...], Migration] = {}
    for migration in sorted(migrations, key=lambda m: (m.kind is Kind.RETIRED, m.path)):
        other = first.setdefault(migration.version.key, migration)
        if other is migration or other.kind is Kind.RETIRED:
            continue
        yield refuse(
            migration.path,
            "id-duplicate",
            f"The number {migration.version} is taken by {other.label!r}.",
            "Give one of them a number that is free: a number is used once, retired files "
            "included.",
        )


def _resolved(reading: _Reading, layout: Layout, series: Series, migration: Migration) -> Migration:
    """The migration with the dependencies on its own series brought to plain versions."""
    header = migration.header
    wrong = header.supersedes and _range_finding(layout, migration, header.supersedes)
    if wrong:
        header = replace(header, supersedes=None)
        if migration.kind is not Kind.RETIRED:
            reading.found.append(wrong)
    if not header.depends:
        return migration if header is migration.header else replace(migration, header=header)
    depends = tuple(_own(layout, series, dependency) for dependency in header.depends)
    return replace(migration, header=replace(header, depends=depends))


def _own(layout: Layout, series: Series, dependency: Dependency) -> Dependency:
    if dependency.series == series.name:
        dependency = replace(dependency, series="")
    if dependency.series:
        return _foreign(dependency)
    found = series.find(dependency.version)
    if found:
        return replace(dependency, version=str(found.version), name=found.name)
    named = layout.refer(dependency.version)
    return replace(dependency, version=str(named.version), name=named.name) if named else dependency


def _foreign(dependency: Dependency) -> Dependency:
    """Version and name of a reference to another series, whose numbering is not known here."""
    match = _FOREIGN.fullmatch(dependency.version)
    if match is None:
        return dependency
    return replace(dependency, version=match[1], name=match[2] or "")


_FOREIGN = re.compile(r"([0-9]{14}|[0-9]{3,6}(?:_[0-9]+)?)(?:_(\w+))?")


def _range_finding(layout: Layout, migration: Migration, span: tuple[str, str]) -> Finding | None:
    first, last = (layout.refer(text) for text in span)
    if first and last and first.version <= last.version < migration.version:
        return None
    return refuse(
        migration.path,
        "supersedes-invalid",
        f"'Supersedes: {span[0]}-{span[1]}' is no range of versions below {migration.version}.",
        "Write the first and the last version that this file replaces: 0000-0029.",
    )


def _empty(series: str) -> Finding:
    return note(
        series,
        "series-empty",
        f"The series {series!r} has no migration yet.",
        f"Start it: manage.py new_sql {series} first_change",
    )


def _heard(found: Iterable[Finding], migrations: Iterable[Migration]) -> tuple[Finding, ...]:
    """The findings in order, without those that a file silences with a reason. Errors are never
    silenced.
    """
    silenced = {
        (script.path, silence.code)
        for migration in migrations
        for script, header in _headed(migration)
        for silence in header.silences
    }
    return tuple(
        sorted(f for f in found if f.severity is Severity.ERROR or (f.path, f.code) not in silenced)
    )


def _headed(migration: Migration) -> Iterable[tuple[Script, Header]]:
    yield migration.script, migration.header
    for variant, script in migration.rollbacks.items():
        yield script, migration.rollback_headers[variant]
