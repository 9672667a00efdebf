"""The manifest as a value: an exact round trip, a fingerprint that sees everything, sentences for
every difference.
"""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.chain import canonical
from ceremony.core.history import Event, History
from ceremony.core.manifest import (
    FrozenFile,
    Manifest,
    ManifestInvalid,
    ManifestStep,
    TargetIdentity,
    document_of,
    fingerprint_of,
    from_document,
    read_written,
    written,
)
from ceremony.core.manifest_changes import changed_files, differences
from ceremony.core.manifest_steps import steps_of, way_back_of
from ceremony.core.plan import Direction, plan_apply, plan_rollback
from tests.core.folders import Book, complete, series_of

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
numbers = st.integers(0, 2**53)
files = st.builds(FrozenFile, texts, texts)
steps = st.builds(
    ManifestStep,
    number=numbers,
    version=texts,
    name=texts,
    event=texts,
    variant=texts,
    transactional=st.booleans(),
    resume_after=numbers,
    files=st.lists(files, max_size=3).map(tuple),
    meaning=texts,
    risk=texts,
    reversible=texts,
    data_loss=texts,
)
policies = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
manifests = st.builds(
    Manifest,
    control=texts,
    ceremony=numbers,
    round=numbers,
    series=texts,
    direction=st.sampled_from(Direction),
    target=st.builds(TargetIdentity, texts, texts, texts, numbers, texts, texts),
    ledger_sequence=numbers,
    ledger_hash=texts,
    steps=st.lists(steps, max_size=3).map(tuple),
    way_back=st.lists(steps, max_size=2).map(tuple),
    rehearsals=st.dictionaries(texts, texts, max_size=3),
    policy=st.dictionaries(texts, policies, max_size=3),
    policy_version=texts,
    checklists=texts,
    checks=st.lists(files, max_size=2).map(tuple),
)


@given(manifests)
def test_a_manifest_is_written_and_read_back_exactly(manifest):
    document = document_of(manifest)
    assert from_document(document) == manifest
    assert document_of(from_document(document)) == document
    assert manifest.fingerprint == fingerprint_of(document)
    assert written(manifest) == (canonical(document).decode(), manifest.fingerprint)
    assert read_written(*written(manifest)) == manifest


@given(manifests, st.data())
def test_a_stored_document_is_the_one_that_was_written_or_none(manifest, data):
    document, fingerprint = written(manifest)
    place = data.draw(st.integers(0, len(document) - 1))
    other = data.draw(st.characters(exclude_categories=["Cs"]))
    spoilt = document[:place] + other + document[place + 1 :]
    for text, digest in ((spoilt, fingerprint), (document, fingerprint[:-1]), ("", fingerprint)):
        if (text, digest) != (document, fingerprint):
            with pytest.raises(ManifestInvalid):
                read_written(text, digest)


@pytest.mark.parametrize("text", ["", "[]", "7", '{"a": 1.5}', '{"a": NaN}', "[" * 100_000])
def test_a_text_that_is_no_manifest_is_none_whatever_its_digest(text):
    digest = f"manifest1:{hashlib.sha256(text.encode()).hexdigest()}"
    with pytest.raises(ManifestInvalid):
        read_written(text, digest)


@given(manifests, manifests)
def test_two_manifests_have_one_fingerprint_only_where_they_are_one(one, other):
    same = canonical(document_of(one)) == canonical(document_of(other))
    assert (one.fingerprint == other.fingerprint) is same


@given(manifests, manifests)
def test_every_difference_is_told_and_nothing_else(one, other):
    alike = replace(other, ceremony=one.ceremony, round=one.round)
    said = differences(one, other)
    assert bool(said) is (one.fingerprint != alike.fingerprint)
    assert all(sentence.endswith(".") for sentence in said)


@given(manifests, st.data())
def test_one_changed_fact_changes_the_fingerprint_and_is_told(manifest, data):
    path, value = data.draw(st.sampled_from(list(leaves(document_of(manifest)))))
    document = changed(document_of(manifest), path, other_than(value))
    try:
        other = from_document(document)
    except ManifestInvalid:
        return
    assert other.fingerprint != manifest.fingerprint
    if path not in {("ceremony",), ("round",)}:
        assert differences(manifest, other)


def leaves(value, path=()):
    """Every text, number and truth value of a document, with the way to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    else:
        yield path, value


def changed(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(value[path[0]], path[1:], new)
    return copy


def other_than(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return f"{value}x"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d.pop("policy"),
        lambda d: d.update(note="an extra fact"),
        lambda d: d.update(format="manifest0"),
        lambda d: d.update(direction="sideways"),
        lambda d: d["target"].update(port="5432"),
        lambda d: d["ledger"].update(rows=3),
        lambda d: d["steps"][0].pop("files"),
        lambda d: d["steps"][0]["files"][0].update(size=3),
        lambda d: d.update(steps=3),
        lambda d: d.update(steps=[1.5]),
    ],
)
def test_anything_else_is_no_manifest(spoil):
    document = document_of(sample())
    spoil(document)
    with pytest.raises(ManifestInvalid):
        from_document(document)


SHOP = complete("0001_a", "0002_b")


def sample(files=None, **facts) -> Manifest:
    series = series_of(files or SHOP)
    plan = plan_apply(series, History([]))
    manifest = Manifest(
        control="c0",
        ceremony=7,
        round=1,
        series="shop",
        direction=plan.direction,
        target=TargetIdentity("shop", "staging", "shop", 16384, "74", ""),
        ledger_sequence=0,
        ledger_hash="",
        steps=steps_of(plan),
        way_back=way_back_of(plan, series),
        rehearsals={},
        policy={"name": "staging", "approvals": [{"group": "dba", "count": 1}]},
        policy_version="policy1:aa",
        checklists="sha256:00",
    )
    return replace(manifest, **facts)


def named(steps):
    return [(s.number, s.label, s.event, s.variant, s.files[0].path) for s in steps]


def test_the_steps_carry_every_file_first_the_one_that_runs():
    [first, second] = sample({**SHOP, "0002_b.rollback.keep.sql": "SELECT 1;\n"}).steps
    assert [file.path for file in first.files] == [
        "shop/0001_a.sql",
        "shop/0001_a.verify.sql",
        "shop/0001_a.rollback.sql",
    ]
    assert [file.path for file in second.files][2:] == [
        "shop/0002_b.rollback.sql",
        "shop/0002_b.rollback.keep.sql",
    ]
    assert (first.number, first.label, first.event) == (1, "0001_a", Event.APPLIED.value)
    assert (first.reversible, first.risk, first.data_loss) == ("yes", "", "")


def test_the_way_back_is_newest_first_the_plain_one_and_then_each_variant():
    way = sample({**SHOP, "0002_b.rollback.keep.sql": "SELECT 1;\n"}).way_back
    assert named(way) == [
        (1, "0002_b", "rolled back", "", "shop/0002_b.rollback.sql"),
        (2, "0001_a", "rolled back", "", "shop/0001_a.rollback.sql"),
        (1, "0002_b", "rolled back", "keep", "shop/0002_b.rollback.keep.sql"),
    ]


def test_what_cannot_be_taken_back_has_no_way_back():
    files = {**complete("0001_a"), "0001_a.sql": "-- Reversible: no (it sends mail)\nSELECT 1;\n"}
    del files["0001_a.rollback.sql"]
    manifest = sample(files)
    assert manifest.way_back == ()
    assert manifest.steps[0].reversible == "no (it sends mail)"


def test_a_superseded_file_is_recorded_with_its_bytes_and_freed_on_the_way_back():
    series = series_of(
        {
            **complete("0001_a", "0002_b"),
            **complete("0003_c", header={"0003_c": "-- Supersedes: 0001-0002\n"}),
        }
    )
    plan = plan_apply(series, History([]))
    row_only = [step for step in steps_of(plan) if step.event == Event.SUPERSEDED.value]
    assert [[file.path for file in step.files] for step in row_only] == [
        ["shop/0001_a.sql"],
        ["shop/0002_b.sql"],
    ]
    book = Book(series)
    for step in plan.steps:
        book.write(step.event, str(step.migration.version))
    planned = plan_rollback(series, History(book.rows), to="zero")
    assert [step.label for step in way_back_of(plan, series)] == [
        step.migration.label for step in planned.steps
    ]


def test_a_rollback_has_steps_and_no_way_back():
    series = series_of(SHOP)
    book = Book(series)
    book.write(Event.APPLIED, "0001").write(Event.APPLIED, "0002")
    plan = plan_rollback(series, History(book.rows), to="zero")
    assert way_back_of(plan, series) == ()
    assert [file.path for file in steps_of(plan)[0].files] == [
        "shop/0002_b.rollback.sql",
        "shop/0002_b.verify.sql",
        "shop/0002_b.sql",
    ]


def test_the_sentences_say_what_changed():
    old = sample()
    new = sample(
        {**SHOP, "0001_a.sql": "CREATE TABLE other (id int);\n", **complete("0003_c")},
        target=TargetIdentity("shop", "production", "shop", 16385, "75", "l1"),
        ledger_sequence=3,
        ledger_hash="f" * 64,
        policy={"name": "production", "approvals": [{"group": "dba", "count": 2}]},
        policy_version="policy1:bb",
        rehearsals={"0001": "rehearsal1:" + "a" * 64},
        checklists="sha256:11",
    )
    before, now = dict(digests(old)), dict(digests(new))
    assert differences(old, new) == (
        f"shop/0001_a.sql changed: it was {before['shop/0001_a.sql']}, "
        f"it is {now['shop/0001_a.sql']}.",
        f"shop/0003_c.rollback.sql is new ({now['shop/0003_c.rollback.sql']}).",
        f"shop/0003_c.sql is new ({now['shop/0003_c.sql']}).",
        f"shop/0003_c.verify.sql is new ({now['shop/0003_c.verify.sql']}).",
        "0003_c is in the plan now.",
        "On the way back, 0003_c is in the plan now.",
        "On the way back, 0002_b: its place in the order was 1; it is 2.",
        "On the way back, 0001_a: its place in the order was 2; it is 3.",
        "The target's environment was staging; it is production.",
        "The target's database's number (oid) was 16384; it is 16385.",
        "The target's server (system identifier) was 74; it is 75.",
        "The target has a ledger now (l1); it had none.",
        "The ledger ended with row 0; it ends with row 3.",
        'The policy\'s approvals was [{"count":1,"group":"dba"}]; '
        'it is [{"count":2,"group":"dba"}].',
        "The policy's name was staging; it is production.",
        "A rehearsal of 0001 has been recorded since (rehearsal1:aaaaaaaaaaaa).",
        "What series.toml or contract.toml ask for changed: it was sha256:00, it is sha256:11.",
    )
    assert [path for path, _, _ in changed_files(old, new)] == [
        "shop/0001_a.sql",
        "shop/0003_c.rollback.sql",
        "shop/0003_c.sql",
        "shop/0003_c.verify.sql",
    ]


def digests(manifest):
    for file in manifest.files:
        yield file.path, file.digest[: len("sha256:") + 12]


def test_what_no_sentence_explains_is_told_all_the_same():
    old = sample(policy={"name": "staging", "verify": True})
    assert differences(old, replace(old, policy={"name": "staging", "verify": 1})) == (
        "A fact of the manifest is written in another way.",
    )


def test_a_ledger_made_anew_is_told_by_its_hash():
    old = sample(ledger_sequence=4, ledger_hash="a" * 64)
    assert differences(old, replace(old, ledger_hash="b" * 64)) == (
        "Row 4 of the ledger is another one: its hash was aaaaaaaaaaaa, it is bbbbbbbbbbbb.",
    )


@st.composite
def folders(draw):
    """Up to five files in order; some cannot be taken back, some have another way back, the last
    one may stand for those before it.
    """
    count = draw(st.integers(1, 5))
    stems = [f"{number:04}_t{number}" for number in range(1, count + 1)]
    files = complete(*stems)
    for stem in stems:
        kind = draw(st.sampled_from(["plain", "plain", "plain", "variant", "no way back"]))
        if kind == "variant":
            files[f"{stem}.rollback.keep.sql"] = f"COMMENT ON TABLE t_{stem} IS 'kept';\n"
        if kind == "no way back":
            files[f"{stem}.sql"] = f"-- Reversible: no (a test)\n{files[f'{stem}.sql']}"
            del files[f"{stem}.rollback.sql"]
    if count > 1 and draw(st.booleans()):
        last = stems[-1]
        span = f"-- Supersedes: 0001-{count - 1:04}\n"
        files[f"{last}.sql"] = span + files[f"{last}.sql"]
    return files


@given(folders(), st.sampled_from(["", "keep"]), st.data())
def test_the_way_back_is_the_plan_that_takes_everything_back(files, variant, data):
    """What is approved as the way back is what rollback_sql would plan after the run, wherever it
    is not refused; where it is, the approved steps are among those that it would take.
    """
    series = series_of(files)
    to = data.draw(st.sampled_from([None, *map(str, series.by_version)]))
    plan = plan_apply(series, History([]), to=to)
    book = Book(series)
    for step in plan.steps:
        book.write(step.event, str(step.migration.version))
    planned = plan_rollback(series, History(book.rows), to="zero", variant=variant)
    approved = [
        (step.version, step.files[0].digest)
        for step in way_back_of(plan, series)
        if step.variant == variant
    ]
    scripts = [
        (str(step.migration.version), step.script.bytes_digest)
        for step in planned.steps
        if step.script is not None and step.migration.header.reversible
    ]
    rows = {str(step.migration.version) for step in planned.steps if step.script is None}
    assert [one for one in approved if one[0] not in rows] == scripts
