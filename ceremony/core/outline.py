"""The outline of a series: which migrations there are and what they depend on, by names and headers
alone. No file is parsed, so that a page can ask for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ceremony.core.digests import bytes_digest
from ceremony.core.directives import read_header
from ceremony.core.header import Dependency
from ceremony.core.layouts.layout import Layout, Misnamed
from ceremony.core.layouts.recognise import layout_of
from ceremony.core.migration import Kind, Migration
from ceremony.core.naming import SETTINGS, FileName, Role, classify
from ceremony.core.script import Script
from ceremony.core.series import Series, SeriesFiles
from ceremony.core.settings_file import read_settings


@dataclass(frozen=True)
class Outlined:
    """One migration on the disk. ``needs`` are the versions of the own series that it depends on,
    as far as they are there; ``elsewhere`` its other dependencies, as words.
    """

    version: str
    label: str
    kind: Kind
    digest: str
    needs: tuple[str, ...]
    elsewhere: tuple[str, ...]


def outline(files: SeriesFiles) -> tuple[Outlined, ...]:
    """The migrations of a folder in their order; files without a number of the series are left out,
    and where a number is used twice, the one that can run counts.

    Never raises for what files contain: ``check_sql`` tells what is wrong with them.
    """
    names = [classify(file.path) for file in files.files]
    data = {file.path: file.data for file in files.files}
    path = f"{files.name}/{SETTINGS}"
    stems = [name.stem for name in names if name.role is Role.CHANGE]
    text = data[path].decode(errors="replace") if path in data else None
    read = read_settings(files.name, path, text, stems)
    layout = layout_of(read.settings, fractions_said=read.fractions_said)
    found = sorted(_migrations(files.name, names, data, layout), key=lambda m: m.version)
    series = Series(files.name, read.settings, tuple(found), ())
    return tuple(_outlined(one, series, layout) for one in found if _counts(one, series))


def _counts(migration: Migration, series: Series) -> bool:
    return series.by_version[str(migration.version)] is migration


def _migrations(
    series: str, names: list[FileName], data: dict[str, bytes], layout: Layout
) -> Iterator[Migration]:
    for name in names:
        if name.role not in (Role.CHANGE, Role.RETIRED):
            continue
        named = layout.read(name.stem)
        if isinstance(named, Misnamed):
            continue
        text = data[name.path].decode(errors="replace").removeprefix("\ufeff")
        header, _ = read_header(name.path, text)
        kind = Kind.PLANNED if header.planned else Kind.RUNNABLE
        kind = Kind.RETIRED if name.role is Role.RETIRED else kind
        script = Script(name.path, "", (), bytes_digest(data[name.path]), "")
        yield Migration(series, named.version, named.name, name.path, kind, header, script)


def _outlined(migration: Migration, series: Series, layout: Layout) -> Outlined:
    needs, elsewhere = [], []
    for one in migration.header.depends:
        dependency = replace(one, series="") if one.series == series.name else one
        found = None if dependency.series else _own(dependency, series, layout)
        if found is None:
            elsewhere.append(str(dependency))
        else:
            needs.append(str(found.version))
    return Outlined(
        str(migration.version),
        migration.label,
        migration.kind,
        migration.script.bytes_digest,
        tuple(dict.fromkeys(needs)),
        tuple(dict.fromkeys(elsewhere)),
    )


def _own(dependency: Dependency, series: Series, layout: Layout) -> Migration | None:
    found = series.find(dependency.version)
    if found is not None:
        return found
    named = layout.refer(dependency.version)
    return series.find(str(named.version)) if named else None
