"""Compensation: what is done where a way back is impossible, or would lose data.

Each is a ``[[compensation]]`` table of ``series.toml``: in which case, what state that is, how to
take the affected rows out, how to put things right, and how long that keeps people waiting.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Compensation:
    """``migration`` is the version it is about. ``export`` are statements that write rows out
    (``COPY … TO STDOUT`` or queries), ``affected`` is a query that tells which rows it is about.
    The other fields are sentences of the authors.
    """

    migration: str
    restoration: str
    when: str = ""
    state: str = ""
    export: tuple[str, ...] = ()
    affected: str = ""
    downtime: str = ""


@dataclass(frozen=True)
class Offer:
    """A compensation, offered for one step that is in. ``because`` says why its way back does not
    serve. ``rows`` is what ``affected`` answered, ``""`` where it was not asked or could not be;
    ``problem`` is why not. ``microseconds`` is what the way back took in the rehearsal, ``None``
    where nobody rehearsed it.
    """

    label: str
    because: str
    compensation: Compensation
    rows: str = ""
    problem: str = ""
    microseconds: int | None = None


def because(reversible: str, data_loss: str, *, way_back: bool) -> str:
    """Why the way back of a migration does not serve, in one sentence; ``""`` where it does.

    ``reversible`` and ``data_loss`` are what its header says of them.
    """
    word, _, why = reversible.partition(" ")
    if word == "no":
        return f"It cannot be taken back {why}".strip() + "."
    if not way_back:
        return "No way back was approved with it."
    return f"Its way back loses data: {data_loss}." if data_loss else ""
