"""Whether a person is one of those who made a change: names and addresses, compared.

People are named in many ways: account, shell user, ``Author:`` header, committer. Compared are
whole names and addresses, without regard to case and blanks. Whoever shares one with an author
counts as that author: where names are alike, a refusal is the safe side.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_ADDRESSED = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>\s*")


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Every name and address in texts such as ``Lena K <lena@example.org>, t.silva``, in the form
    in which they are compared.
    """
    return frozenset(name for text in texts for name in _names(text))


def shared(person: Iterable[str], authors: Iterable[str]) -> tuple[str, ...]:
    """The names that a person shares with the authors, sorted; none: somebody else."""
    return tuple(sorted(names_in(person) & names_in(authors)))


@lru_cache(maxsize=4_096)
def _names(text: str) -> frozenset[str]:
    """Those of one text; the same authors are compared with everybody who may sign."""
    found: set[str] = set()
    for one in (text, *re.split(r"[,;]", text)):
        addressed = _ADDRESSED.fullmatch(one)
        parts = addressed.group("name", "address") if addressed else (one,)
        found.update(_plain(part) for part in parts)
    return frozenset(found - {""})


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(plain.replace('"', " ").split())
