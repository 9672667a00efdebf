"""Near misses of known keys: the line between a misspelt directive and an ordinary comment.

A key is a near miss when it differs from a known one only in blanks, hyphens or underscores, or by
one typing slip (a letter too many, too few, wrong, or two swapped: the restricted
Damerau-Levenshtein distance), two slips for keys of nine letters and more. The first letter must be
right, or swapped with the second. The caller names the words that people really begin a comment
with; they are never near misses.
"""

import re
from collections.abc import Collection, Mapping

_LONG_KEY = 9


def squeeze(key: str) -> str:
    """A key without blanks, hyphens and underscores, in lower case."""
    return re.sub(r"[\s_-]+", "", key).lower()


def nearest(
    key: str, known: Collection[str], slips: Mapping[str, str], ordinary: Collection[str] = ()
) -> str | None:
    """The known key that ``key`` was probably meant to be; ``None`` for an ordinary comment.

    ``slips`` maps other words that people use (squeezed) to the known key.
    """
    squeezed = squeeze(key)
    if squeezed in ordinary:
        return None
    if squeezed in slips:
        return slips[squeezed]
    best = min(
        (
            (distance, one)
            for one in known
            if (distance := _slips(squeezed, squeeze(one))) is not None
        ),
        default=None,
    )
    return best[1] if best else None


def _slips(word: str, key: str) -> int | None:
    allowed = 2 if len(key) >= _LONG_KEY else 1
    if not word or abs(len(word) - len(key)) > allowed:
        return None
    if word[0] != key[0] and word[:2] != key[1::-1]:
        return None
    found = distance(word, key)
    return found if found <= allowed else None


def distance(one: str, other: str) -> int:
    """The restricted Damerau-Levenshtein distance (optimal string alignment)."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        row = [i]
        for j, right in enumerate(other, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
