"""The version of a migration: what is ordered, compared and written in the ledger."""

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Version:
    """One place in a series' numbering.

    ``key`` orders (integers: 13.5 before 13.10); ``text`` is the version as it stands in the file
    name (``0013_5``, ``20260117000000``) and is the identity together with the series.
    """

    key: tuple[int, ...]
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, text: str) -> "Version":
        """The version that ``text`` writes (``0013_5``). Raises ValueError for anything but
        numbers.
        """
        return cls(tuple(map(int, text.split("_"))), text)
