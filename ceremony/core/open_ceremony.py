"""A ceremony that has not ended, as lists show it."""

from dataclasses import dataclass

from ceremony.core.states import State


@dataclass(frozen=True)
class OpenCeremony:
    """``changed`` says what is known to have changed since it was requested, so that its sign-offs
    do not count; empty where nothing is.
    """

    number: int
    title: str
    state: State
    changed: tuple[str, ...] = ()
