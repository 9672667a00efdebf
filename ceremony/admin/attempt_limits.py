"""The limits that an attempt ran under: its header's, from the frozen file, else the project's."""

from dataclasses import dataclass

from django.db.models import BinaryField, F, Func

from ceremony import conf
from ceremony.core.directives import read_header
from ceremony.models import Attempt, Blob

HEAD = 65_536
"""Bytes of a file that are looked through for its header."""


@dataclass(frozen=True)
class Limits:
    """Seconds, 0 for none. ``lock`` is how long each wait for a lock may be, ``statement`` how long
    each statement; ``said`` are those that the file's own header gives. ``read``: the frozen file
    was there; without it, its header may have said otherwise.
    """

    lock: float
    statement: float
    lock_said: bool
    statement_said: bool
    read: bool


def limits_of(attempt: Attempt) -> Limits:
    """One query. What the header does not say is as the project's settings stand now: they are not
    recorded.
    """
    settings = conf.load()
    beginning = Func(F("data"), 1, HEAD, function="substring", output_field=BinaryField())
    blobs = Blob.objects.filter(digest=attempt.bytes_digest)
    head = blobs.annotate(head=beginning).values_list("head", flat=True).first()
    header, _ = read_header(attempt.path, bytes(head or b"").decode(errors="replace"))
    lock, statement = header.lock_timeout, header.statement_timeout
    return Limits(
        lock=(settings.lock_timeout if lock is None else lock) / 1000,
        statement=(settings.statement_timeout if statement is None else statement) / 1000,
        lock_said=lock is not None,
        statement_said=statement is not None,
        read=head is not None,
    )
