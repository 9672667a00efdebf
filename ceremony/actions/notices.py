"""Notices: what people and other programs are told once a change of a ceremony has committed.

Nothing here can make an act fail: a notice goes out after the commit, within a bounded time, and
what goes wrong with it is logged and nothing else.
"""

from ceremony.core.states import Act
from ceremony.models import Ceremony


def after_commit(ceremony: Ceremony, act: Act, actor: str) -> None:
    """Tell of ``act`` once the current transaction has committed. A rollback tells nothing."""
