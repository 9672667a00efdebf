"""Access control lists in words, as what differs from the rights that every new object has.

PostgreSQL writes an entry as ``grantee=letters/grantor``, with a ``*`` behind a letter that may be
passed on (manual, 5.8 Privileges, tables 5.1 and 5.2). A list that is NULL means the defaults:
everything for the owner, and for PUBLIC what table 5.2 says. Only what was granted beyond them or
taken from them is a fact, so that a list that says the defaults outright equals one that was never
touched.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from ceremony.core.catalog.sentences import WITHHELD
from ceremony.core.catalog.snapshot import NOTHING

_WORDS = {
    "r": "SELECT",
    "a": "INSERT",
    "w": "UPDATE",
    "d": "DELETE",
    "D": "TRUNCATE",
    "x": "REFERENCES",
    "t": "TRIGGER",
    "m": "MAINTAIN",
    "X": "EXECUTE",
    "U": "USAGE",
    "C": "CREATE",
}
_OWNERS: Mapping[str, str] = {
    "pg_namespace": "UC",
    "table": "arwdDxt",
    "sequence": "rwU",
    "pg_proc": "X",
    "pg_type": "U",
    "pg_foreign_server": "U",
}
"""What the owner may by default. MAINTAIN is not demanded: it came with PostgreSQL 17."""
_PUBLIC: Mapping[str, str] = {"pg_proc": "X", "pg_type": "U"}
_ENTRY = re.compile(r'("(?:[^"]|"")*"|[^="\n]*)=([A-Za-z*]*)/("(?:[^"]|"")*"|[^"\n]*)(?:\n|\Z)')
_LETTER = re.compile(r"([A-Za-z])(\*?)")
_TO_OWNER = "its owner"


@lru_cache(maxsize=4096)
def rights(what: str, owner: str | None, acl: str | None) -> Mapping[str, str]:
    """The owner, and one fact for each right that differs from the defaults.

    ``what`` says which defaults hold; ``acl`` has one entry per line. A fact is called like
    ``SELECT to reader``; its value is ``granted``, ``granted with grant option`` or ``withheld``,
    with the grantor where that is not the owner.
    """
    facts = {} if owner is None else {"owner": owner}
    if acl is not None:
        facts |= grants(what, owner, acl)
    return facts or NOTHING


def grants(what: str, owner: str | None, acl: str) -> dict[str, str]:
    """The facts of a list, without the owner."""
    given: dict[tuple[str, str], list[str]] = {}
    for grantee, letters, grantor in _entries(acl):
        for letter, option in _LETTER.findall(letters):
            how = "granted with grant option" if option else "granted"
            by = f" by {grantor}" if owner is not None and grantor != owner else ""
            given.setdefault((letter, grantee), []).append(how + by)
    facts: dict[str, str] = {}
    defaults = {(letter, owner or "") for letter in _OWNERS.get(what, "")}
    defaults |= {(letter, "PUBLIC") for letter in _PUBLIC.get(what, "")}
    for letter, grantee in sorted(given.keys() | defaults):
        fact = f"{_WORDS.get(letter, letter)} to {_TO_OWNER if grantee == owner else grantee}"
        if (letter, grantee) not in given:
            facts[fact] = WITHHELD
        elif grantee != owner and (letter, grantee) not in defaults:
            facts[fact] = "; ".join(sorted(given[letter, grantee]))
    return facts


def _entries(acl: str) -> list[tuple[str, str, str]]:
    """Grantee, letters and grantor of each entry; a quoted name may hold a line break."""
    return [
        (_bare(grantee) or "PUBLIC", letters, _bare(grantor))
        for grantee, letters, grantor in _ENTRY.findall(acl)
    ]


def _bare(name: str) -> str:
    """A role's name without the quotes that an entry may have around it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name
