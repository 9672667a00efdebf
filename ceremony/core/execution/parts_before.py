"""The sections of a report about what was planned and agreed, up to the run."""

from collections.abc import Iterable, Iterator

from ceremony.core.checklist.ids import CLAIM
from ceremony.core.execution.blocks import (
    Block,
    Section,
    Table,
    bullets,
    facts,
    moment,
    said,
    table,
    version_of,
)
from ceremony.core.execution.facts import ExecutionReport, Inventoried, Signed
from ceremony.core.item import ItemResult, Judged


def summary(report: ExecutionReport) -> Section:
    """What the change is for, where it went, how it ended."""
    place, told = report.place, report.summary
    runs = report.newest_runs
    pairs = (
        ("Purpose", told.purpose),
        ("Scope", told.scope),
        ("Series", report.series),
        ("Direction", report.direction),
        ("Target", place.alias),
        ("Environment", place.environment or "unknown"),
        ("Database", f"{place.database} on {place.host}" if place.host else place.database),
        ("System identifier", place.system_identifier),
        ("Server", version_of(place.server_version)),
        ("State", report.state.value),
        ("Highest risk", report.risk),
        ("Expected duration", told.expected_duration),
        ("Started", moment(runs[0].started_at) if runs else "not run"),
        ("Finished", moment(runs[-1].finished_at) if runs else ""),
        ("Operator", _joined(f"{run.operator}@{run.host}" for run in runs)),
        ("Commit", _joined(run.git_commit for run in runs)),
        ("Requested by", report.requester),
        ("Requested", moment(report.created_at)),
        ("Authors", _joined(report.authors)),
        ("Round", str(report.round)),
        ("Fingerprint", report.fingerprint),
    )
    claims = (
        (one.result.value, one.item.text, one.explanation)
        for one in report.acceptance
        if one.item.id.startswith(CLAIM)
    )
    stated = table(("Result", "Stated", "Found"), claims, "Stated and checked")
    return Section("Summary", (*facts(pairs), *stated))


def inventory(report: ExecutionReport) -> Section:
    """The steps with their risks and files, the order, and what they depend on."""
    lines = report.inventory
    depends = [(line.label, ", ".join(line.depends) or "nothing") for line in lines]
    files = {file.path: file.digest for line in lines for file in line.files}
    return Section(
        "Inventory",
        (
            *(_steps(lines, _losing_back(report)) or said("The manifest has no steps.")),
            *table(("Migration", "Depends on"), depends, "Dependencies"),
            *_affected(report),
            *_order(report),
            *table(("File", "Digest of its bytes"), files.items(), "Files"),
        ),
    )


def _losing_back(report: ExecutionReport) -> frozenset[str]:
    """The labels of what the approved way back loses data of."""
    losses = (loss for way in report.way_back for loss in way.losses)
    return frozenset(loss.partition(": ")[0] for loss in losses)


def _steps(lines: Iterable[Inventoried], losing_back: frozenset[str]) -> tuple[Table, ...]:
    head = ("#", "Migration", "Purpose", "Event", "Risk", "Reversible", "Loses data", "Transaction")
    return table(
        head,
        (
            (
                str(line.number),
                _named(line),
                line.purpose,
                line.event,
                line.risk or "not said",
                line.reversible,
                line.data_loss
                or ("on the way back" if line.label in losing_back else "nothing said"),
                "yes" if line.transactional else "none",
            )
            for line in lines
        ),
    )


def _affected(report: ExecutionReport) -> tuple[Table, ...]:
    locked = {one.version: ", ".join(one.locks) for one in report.drills}
    rows = (
        (
            line.label,
            ", ".join(line.objects) or "none that the file names",
            locked.get(line.version, "not rehearsed"),
        )
        for line in report.inventory
    )
    return table(("Migration", "Objects", "Locked in rehearsal"), rows, "Affected objects")


def _order(report: ExecutionReport) -> Iterator[Block]:
    forward = " → ".join(line.label for line in report.inventory)
    yield from said(f"Order: {forward}." if forward else "")
    for way in report.way_back:
        name = f"Approved way back {way.variant}".strip()
        yield from said(f"{name}: {' → '.join(way.labels)}.")
    if not report.way_back:
        yield from said("There is no approved way back.")


def rules(report: ExecutionReport) -> Section:
    """What the policy asked for, and where it asks less than it should."""
    held = report.rules
    first = f"Policy {held.name}" + (
        ", which is open: nobody has to approve." if held.is_open else "."
    )
    return Section(
        "Policy",
        (
            *said(first),
            *bullets(held.asks),
            *said(
                "It is weaker than what protected targets have [policy-weak]:"
                if held.weaknesses
                else ""
            ),
            *bullets(held.weaknesses),
            *facts((("Version", held.version),)),
        ),
    )


def approvals(report: ExecutionReport) -> Section:
    """Who signed what, in whose words; and every change of state."""
    head = ("Signed", "Who", "For", "Decision", "Round", "Meaning", "Comment", "Accepted", "Event")
    rows = (
        (
            moment(one.at),
            _with_groups(one.username, one.groups),
            one.purpose,
            _decided(one),
            str(one.round),
            one.meaning,
            one.comment,
            ", ".join(one.accepted),
            str(one.event),
        )
        for one in report.signed
    )
    nobody = "Nobody signed anything."
    if report.rules.is_open:
        nobody += " The open policy asks nobody."
    moves = (
        (moment(one.at), one.act, f"{one.before} → {one.after}", one.actor, str(one.event))
        for one in report.history
    )
    return Section(
        "Approvals and sign-offs",
        (
            *_override(report),
            *(table(head, rows) or said(nobody)),
            *table(("When", "Act", "State", "Who", "Event"), moves, "Course of the ceremony"),
        ),
    )


def _override(report: ExecutionReport) -> Iterator[Block]:
    if not report.overridden:
        return
    reasons = [run.reason.rstrip(" .") for run in report.runs if run.reason]
    reviewers = report.signers("review")
    yield from said(
        "THIS CEREMONY RAN WITHOUT AN APPROVAL (break-glass). "
        f"Reason: {'; '.join(reasons) or 'none is recorded'}. "
        f"Reviewed by: {', '.join(reviewers) or 'nobody yet'}.",
    )


def preflight(report: ExecutionReport) -> Section:
    """The checklist before the run."""
    return Section("Pre-flight", items(report.preflight, "No item was asked for or recorded."))


def items(found: Iterable[Judged], without: str) -> tuple[Block, ...]:
    """A checklist with its results; ``without`` where there is none."""
    head = ("Result", "Item", "What must hold", "Kind", "Found", "Evidence", "By", "When")
    rows = (
        (
            one.result.value,
            one.item.id,
            one.item.text,
            one.item.kind.value,
            one.explanation,
            _evidence(one),
            one.by or _nobody(one),
            moment(one.at),
        )
        for one in found
    )
    return (*table(head, rows),) or said(without)


def _nobody(one: Judged) -> str:
    """Who found what no person answered."""
    if one.result is ItemResult.NOT_RUN:
        return "nobody"
    return "found automatically" if one.at else ""


def _evidence(one: Judged) -> str:
    """What an answer rests on, as far as it is plain words and numbers; the document has all."""
    plain = ((key, value) for key, value in one.evidence.items() if isinstance(value, str | int))
    return ", ".join(f"{key}: {value}" for key, value in plain if value != one.explanation)


def _named(line: Inventoried) -> str:
    return f"{line.label} ({line.variant})" if line.variant else line.label


def _decided(one: Signed) -> str:
    decided = one.decision + (", password asked" if one.reauthenticated else "")
    return (
        decided if one.told else f"{decided}; THE TRAIL DOES NOT TELL OF IT: it counts for nothing"
    )


def _with_groups(username: str, groups: tuple[str, ...]) -> str:
    return f"{username} ({', '.join(groups)})" if groups else username


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(text for text in texts if text))
