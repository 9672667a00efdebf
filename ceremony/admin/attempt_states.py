"""Attempts with what came of them, for lists and pictures."""

from django.db.models import OuterRef, QuerySet, Subquery

from ceremony.models import Attempt, Outcome


def with_state(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """The attempts with the ``state`` of their newest outcome, and the ``seconds`` that the run
    itself measured; ``None`` where there is none.
    """
    newest = Outcome.objects.filter(attempt=OuterRef("pk")).order_by("-pk")
    measured = newest.filter(settled_by=None)
    return attempts.annotate(
        state=Subquery(newest.values("state")[:1]), seconds=Subquery(measured.values("seconds")[:1])
    )
