"""What is different between two manifests, in sentences: why a sign-off does not count any more."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace

from ceremony.core.chain import Json, canonical
from ceremony.core.manifest import Manifest, ManifestStep

_SHOWN = 12
_JUDGED_BY_STEP = (
    "number",
    "event",
    "variant",
    "transactional",
    "resume_after",
    "meaning",
    "risk",
    "reversible",
    "data_loss",
)
_WORDS = {
    "number": "its place in the order",
    "event": "what it is recorded as",
    "transactional": "in a transaction",
    "resume_after": "the last statement that is in already",
    "data_loss": "loss of data",
    "database_oid": "database's number (oid)",
    "system_identifier": "server (system identifier)",
    "ledger": "ledger",
}


def differences(old: Manifest, new: Manifest) -> tuple[str, ...]:
    """One sentence for each thing that changed since ``old``; none where both say the same.

    Number and round of the ceremony are not compared: they tell manifests apart that say the same.
    """
    found = (
        *_plan(old, new),
        *_files(old, new),
        *_steps("", old.steps, new.steps),
        *_steps("On the way back, ", old.way_back, new.way_back),
        *_target(old, new),
        *_ledger(old, new),
        *_policy(old.policy, new.policy, old.policy_version != new.policy_version),
        *_rehearsals(old.rehearsals, new.rehearsals),
        *_checklists(old, new),
    )
    alike = replace(new, ceremony=old.ceremony, round=old.round)
    if not found and old.fingerprint != alike.fingerprint:
        # The fingerprint decides; the sentences only explain it.
        return ("A fact of the manifest is written in another way.",)
    return found


def changed_files(old: Manifest, new: Manifest) -> tuple[tuple[str, str, str], ...]:
    """Path, digest then and digest now of each file that is not the same; ``""`` for none."""
    before, now = _digests(old), _digests(new)
    return tuple(
        (path, before.get(path, ""), now.get(path, ""))
        for path in sorted({*before, *now})
        if before.get(path) != now.get(path)
    )


def _plan(old: Manifest, new: Manifest) -> Iterator[str]:
    if old.control != new.control:
        yield (
            f"It was requested in another control database ({old.control}); this is {new.control}."
        )
    if (old.series, old.direction) != (new.series, new.direction):
        yield (
            f"It was to {old.direction.value} {old.series}; it would {new.direction.value} "
            f"{new.series}."
        )


def _files(old: Manifest, new: Manifest) -> Iterator[str]:
    for path, before, now in changed_files(old, new):
        if not before:
            yield f"{path} is new ({_short(now)})."
        elif not now:
            yield f"{path} takes no part any more ({_short(before)} did)."
        else:
            yield f"{path} changed: it was {_short(before)}, it is {_short(now)}."


def _digests(manifest: Manifest) -> dict[str, str]:
    return {file.path: file.digest for file in manifest.files}


def _steps(where: str, old: Sequence[ManifestStep], new: Sequence[ManifestStep]) -> Iterator[str]:
    before, now = _by_key(old), _by_key(new)
    for key, step in before.items():
        if key not in now:
            yield _sentence(where, f"{_named(step)} is in the plan no more.")
    for key, step in now.items():
        if key not in before:
            yield _sentence(where, f"{_named(step)} is in the plan now.")
        else:
            yield from _step(where, before[key], step)


def _by_key(steps: Sequence[ManifestStep]) -> dict[tuple[str, str, int], ManifestStep]:
    """Steps by version and variant; a version that stands there twice is counted."""
    found: dict[tuple[str, str, int], ManifestStep] = {}
    times: Counter[tuple[str, str]] = Counter()
    for step in steps:
        key = (step.version, step.variant)
        found[(*key, times[key])] = step
        times[key] += 1
    return found


def _step(where: str, old: ManifestStep, new: ManifestStep) -> Iterator[str]:
    same_files = old.files == new.files
    if old.name != new.name:
        yield _sentence(where, f"{_named(old)} is called {new.label} now.")
    if not same_files and {f.digest for f in old.files} == {f.digest for f in new.files}:
        yield _sentence(where, f"{_named(new)} takes its files in another order or by other names.")
    for name in _JUDGED_BY_STEP:
        before, now = getattr(old, name), getattr(new, name)
        if before != now and not (name == "meaning" and not same_files):
            yield _sentence(
                where,
                f"{_named(new)}: {_WORDS.get(name, name)} was {_said(before)}; it is {_said(now)}.",
            )


def _named(step: ManifestStep) -> str:
    return f"{step.label} (variant {step.variant})" if step.variant else step.label


def _target(old: Manifest, new: Manifest) -> Iterator[str]:
    for one in fields(old.target):
        before, now = getattr(old.target, one.name), getattr(new.target, one.name)
        if before == now:
            continue
        if one.name == "ledger" and not before:
            yield f"The target has a ledger now ({now}); it had none."
            continue
        word = _WORDS.get(one.name, one.name)
        yield f"The target's {word} was {_said(before)}; it is {_said(now)}."


def _ledger(old: Manifest, new: Manifest) -> Iterator[str]:
    if old.ledger_sequence != new.ledger_sequence:
        yield (
            f"The ledger ended with row {old.ledger_sequence}; it ends with row "
            f"{new.ledger_sequence}."
        )
    elif old.ledger_hash != new.ledger_hash:
        yield (
            f"Row {old.ledger_sequence} of the ledger is another one: its hash was "
            f"{old.ledger_hash[:12]}, it is {new.ledger_hash[:12]}."
        )


def _policy(
    old: Mapping[str, Json], new: Mapping[str, Json], another_version: bool
) -> Iterator[str]:
    found = [
        f"The policy's {_key(key)} was {_said(old.get(key))}; it is {_said(new.get(key))}."
        for key in sorted({*old, *new})
        if (key in old, old.get(key)) != (key in new, new.get(key))
    ]
    if another_version and not found:
        found = ["The policy has another version."]
    yield from found


def _rehearsals(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    changed = [v for v in sorted({*old, *new}) if old.get(v) != new.get(v)]
    for version in changed[:_SHOWN]:
        before, now = old.get(version, ""), new.get(version, "")
        if not now:
            yield f"The rehearsal of {version} ({_short(before)}) does not count any more."
        elif not before:
            yield f"A rehearsal of {version} has been recorded since ({_short(now)})."
        else:
            yield f"{version} was rehearsed anew: {_short(before)} counted, {_short(now)} does now."
    if len(changed) > _SHOWN:
        yield f"The rehearsals of {len(changed) - _SHOWN} more versions are others now."


def _checklists(old: Manifest, new: Manifest) -> Iterator[str]:
    if old.checklists != new.checklists:
        yield (
            "What series.toml or contract.toml ask for changed: it was "
            f"{_short(old.checklists)}, it is {_short(new.checklists)}."
        )


def _sentence(where: str, text: str) -> str:
    return f"{where}{text}"


def _key(name: str) -> str:
    return name.replace("_", " ")


def _said(value: Json) -> str:
    if value == "" or value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value)
    return canonical(value).decode() if value else "nothing"


def _short(digest: str) -> str:
    """The algorithm and the first twelve digits: enough to compare two by eye."""
    algorithm, _, digits = digest.partition(":")
    return f"{algorithm}:{digits[:12]}"
