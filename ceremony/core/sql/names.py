"""Names that look like others: identifiers that mix Latin letters with their look-alikes."""

import re
from collections.abc import Iterator

from ceremony.core.finding import Finding, Severity
from ceremony.core.sql.parser import error_at
from ceremony.core.sql.source import Source

_NAME = re.compile(r"""(?:[uU]&)?"|(?![eE]'|[uU]&')[^\W\d]""")
_LATIN = re.compile(r"[A-Za-z]")
_LOOK_ALIKE = re.compile(r"[\u0370-\u03ff\u0400-\u052f\u0531-\u0587\u13a0-\u13ff\uff21-\uff5a]")


def name_findings(path: str, source: Source) -> Iterator[Finding]:
    """Warn of names in which Latin stands beside Greek, Cyrillic, Armenian or Cherokee letters.

    Such a name shows as another one (Unicode Technical Standard 39); full-width letters count too.
    """
    if source.raw.isascii():
        return
    for start, end in source.tokens.ranges:
        token = source.raw[start:end]
        if token.isascii():
            continue
        name = token.decode()
        alien = _LOOK_ALIKE.search(name)
        if alien is None or not _NAME.match(name) or not _LATIN.search(name):
            continue
        place = error_at(source.raw, start, "")
        yield Finding(
            path,
            place.line,
            place.column,
            "ident-mixed-script",
            f"The name {name} mixes scripts: U+{ord(alien.group()):04X} is not a Latin letter.",
            "Write the name in one script.",
            Severity.WARNING,
        )
