"""Whether a person is one of those who made a change: names and addresses, compared.

People are named in many ways: account, shell user, ``Author:`` header, committer. Compared are
whole names and addresses, without regard to case and blanks. Whoever shares one with an author
counts as that author: where names are alike, a refusal is the safe side.
"""

import unicodedata
from collections.abc import Iterable
from email.utils import getaddresses


def names_in(texts: Iterable[str]) -> frozenset[str]:
    """Every name and address in texts such as ``Lena K <lena@example.org>, t.silva``, in the form
    in which they are compared.
    """
    found: set[str] = set()
    for text in texts:
        found.add(_plain(text))
        for name, address in getaddresses([text.replace(";", ",")]):
            found.update((_plain(name), _plain(address)))
    return frozenset(found - {""})


def shared(person: Iterable[str], authors: Iterable[str]) -> tuple[str, ...]:
    """The names that a person shares with the authors, sorted; none: somebody else."""
    return tuple(sorted(names_in(person) & names_in(authors)))


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
