"""What check_sql says about the files of a round, as they were frozen: for who reads and signs
them.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ceremony.conf import Settings
from ceremony.core.assemble import assemble
from ceremony.core.digests import bytes_digest
from ceremony.core.finding import Finding, Severity
from ceremony.core.header import DJANGO
from ceremony.core.lint import Rule
from ceremony.core.lint.run import lint_files
from ceremony.core.manifest import Manifest
from ceremony.core.rules import BUILT_IN
from ceremony.core.series import Series, SeriesFiles, SourceFile
from ceremony.errors import UsageError
from ceremony.sources.folder import read_series
from ceremony.sources.rules import offered_rules


@dataclass(frozen=True)
class _Folder:
    """A series' files; two with the same ``digest`` are the same."""

    digest: str
    files: SeriesFiles = field(compare=False, repr=False)


def findings_in(
    manifest: Manifest, kept: Mapping[str, bytes], settings: Settings, files: SeriesFiles
) -> tuple[Finding, ...]:
    """Every finding about the frozen files of the steps and of the way back, sorted by place.

    ``kept`` are frozen bytes by digest (files without are left out), ``files`` the folder of the
    series as it is now: what stands before and beside the frozen ones is looked up there. Raises
    nothing for what files contain.
    """
    frozen = {one.path: kept[one.digest] for one in manifest.changing if one.digest in kept}
    own = _folder(_laid_over(manifest.series, files, frozen))
    library = _library(own, settings)
    return _found(manifest.series, frozenset(frozen), tuple(library.values()))


def warnings_in(manifest: Manifest, findings: Collection[Finding]) -> tuple[str, ...]:
    """The warnings about what the steps run, in the sentences that an approver accepts one by one.

    ``findings`` are those of the manifest's files.
    """
    running = {step.running.path for step in manifest.steps if step.running}
    return tuple(
        dict.fromkeys(
            f"{one.code}, {one.place}: {one.message}"
            for one in findings
            if one.severity is not Severity.NOTICE and one.path in running
        )
    )


def _laid_over(series: str, files: SeriesFiles, frozen: Mapping[str, bytes]) -> SeriesFiles:
    """The folder with the frozen files in the place of those that are there now."""
    there = {**{file.path: file.data for file in files.files}, **frozen}
    found = tuple(SourceFile(path, there[path]) for path in sorted(there))
    return SeriesFiles(series, found)


def _folder(files: SeriesFiles) -> _Folder:
    told = hashlib.sha256(files.name.encode())
    for file in files.files:
        told.update(f"\0{file.path}\0{bytes_digest(file.data)}".encode())
    return _Folder(told.hexdigest(), files)


def _library(own: _Folder, settings: Settings) -> dict[str, _Folder]:
    """The series with those that it depends on, and those that they do."""
    found = {own.files.name: own}
    waiting = [own]
    while waiting:
        for name in sorted(set(_needed(_assembled(waiting.pop()))) - set(found)):
            found[name] = _folder(read_series(settings.root, name))
            waiting.append(found[name])
    return found


def _needed(series: Series) -> Iterator[str]:
    for migration in series.migrations:
        for one in migration.header.depends:
            if one.series not in ("", DJANGO):
                yield one.series


@lru_cache(maxsize=16)
def _assembled(folder: _Folder) -> Series:
    return assemble(folder.files)


@lru_cache(maxsize=128)
def _found(name: str, paths: frozenset[str], folders: tuple[_Folder, ...]) -> tuple[Finding, ...]:
    library = {folder.files.name: _assembled(folder) for folder in folders}
    rules, wrong = _rules()
    of_files = (one for one in library[name].findings if one.path in paths)
    return tuple(sorted({*of_files, *lint_files(library, name, paths, rules), *wrong}))


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[Rule, ...], tuple[Finding, ...]]:
    """The rules of the lint; without those of other packages where these cannot be used."""
    try:
        return (*BUILT_IN, *offered_rules(BUILT_IN)), ()
    except UsageError as error:
        told = Finding("", 0, 0, error.code, error.happened, error.next_step, Severity.WARNING)
        return BUILT_IN, (told,)


def link_of(code: str) -> str:
    """The page that says why a rule's finding matters; ``""`` for what no rule found."""
    return next((rule.link for rule in _rules()[0] if rule.code == code), "")
