"""What a policy asks for, in sentences."""

from collections.abc import Iterator, Sequence

from ceremony.core.policy import Policy, Quorum, Window

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def asks_of(policy: Policy) -> tuple[str, ...]:
    """One sentence per demand; nothing for a policy that has none."""
    return tuple(_asks(policy))


def _asks(policy: Policy) -> Iterator[str]:
    if policy.approvals:
        yield f"Before the run approve: {_people(policy.approvals)}."
    if policy.acceptances:
        yield f"After it sign off: {_people(policy.acceptances)}."
    for duty in sorted(policy.separate):
        yield f"Nobody is {duty.value} at once."
    if policy.rehearsal:
        age = f", at most {policy.rehearsal_days} days old" if policy.rehearsal_days else ""
        yield f"A clean rehearsal of the same files{age}."
    for window in policy.windows:
        yield f"A run begins {_window(window)}."
    if policy.expires_hours:
        yield f"An approval is used within {policy.expires_hours} hours after the request."
    if policy.promotion:
        yield f"The same files were signed off on {policy.promotion} before."
    yield from (sentence for name, sentence in _SWITCHES if getattr(policy, name))


_SWITCHES = (
    ("data_loss", "A loss of data is accepted by those who approve."),
    ("reauthenticate", "Every sign-off asks for the password again."),
    ("preflight", "A pre-flight item that does not pass stops the run."),
    ("verify", "The run is verified, and a second run has nothing to do."),
    ("halt", "A failure halts the target until it is decided."),
)


def _people(quorums: Sequence[Quorum]) -> str:
    return ", ".join(
        f"{one.count} of {one.group}" if one.group else f"{one.count} who may sign"
        for one in quorums
    )


def _window(window: Window) -> str:
    days = ", ".join(_DAYS[day] for day in window.days)
    return f"{days} from {window.opens:%H:%M} to {window.closes:%H:%M} UTC"
