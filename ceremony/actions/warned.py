"""Warned: what the lint says about the files that are signed, so that an approver accepts it.

The files on the disk are looked at, with those that run before them; where the disk has other bytes
than are signed, what it says is about something else, and is left out.
"""

from dataclasses import dataclass

from ceremony import conf
from ceremony.actions.library import load_library
from ceremony.core.digests import bytes_digest
from ceremony.core.finding import Severity
from ceremony.core.lint import lint
from ceremony.core.manifest import Manifest
from ceremony.core.rules import BUILT_IN
from ceremony.errors import UsageError
from ceremony.sources.rules import offered_rules

MOST = 200
"""How many warnings are kept with a signature."""


@dataclass(frozen=True, order=True)
class Warned:
    """One warning. ``line`` counts from 1, 0 where the whole file is meant."""

    path: str
    line: int
    code: str
    message: str

    @property
    def sentence(self) -> str:
        """As it is kept with the signature that accepts it."""
        return f"warning {self.code}, {self.path} line {self.line}: {self.message}"


def warned(manifest: Manifest) -> tuple[Warned, ...]:
    """The warnings about the files of the steps and of the way back, by place; at most ``MOST``.

    None where the series cannot be read any more: what would run then is refused anyway.
    """
    try:
        library = load_library(conf.load().root, (manifest.series,))
        rules = (*BUILT_IN, *offered_rules(BUILT_IN))
    except UsageError:
        return ()
    sources = library.series[manifest.series].sources
    signed = {
        file.path
        for file in manifest.changing
        if file.path in sources and bytes_digest(sources[file.path]) == file.digest
    }
    found = (
        Warned(one.path, one.line, one.code, one.message)
        for one in (*library.findings, *lint(library.series, rules))
        if one.path in signed and one.severity is Severity.WARNING
    )
    return tuple(sorted(found))[:MOST]
