import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.finding import Severity
from ceremony.core.layouts.layout import Misnamed, Named, corrected
from ceremony.core.layouts.recognise import recognise
from ceremony.core.layouts.sequence import SequenceLayout
from ceremony.core.layouts.timestamp import TimestampLayout
from ceremony.core.naming import NAME_BYTES, Role, classify, name_findings, path_finding
from ceremony.core.series import Numbering
from ceremony.core.version import Version
from tests.core.folders import DAY


@pytest.mark.parametrize(
    ("name", "role", "stem", "variant"),
    [
        ("0001_users.sql", Role.CHANGE, "0001_users", ""),
        ("0001_users.verify.sql", Role.VERIFY, "0001_users", ""),
        ("0001_users.rollback.sql", Role.ROLLBACK, "0001_users", ""),
        ("0001_users.rollback.keep_data.sql", Role.ROLLBACK, "0001_users", "keep_data"),
        ("0001_users.sql.retired", Role.RETIRED, "0001_users", ""),
        ("0001_users.verify.sql.retired", Role.RETIRED_SIBLING, "0001_users", ""),
        ("0001_users.rollback.keep.sql.retired", Role.RETIRED_SIBLING, "0001_users", ""),
        ("series.toml", Role.SETTINGS, "", ""),
        ("contract.toml", Role.CONTRACT, "", ""),
        ("README.md", Role.OTHER, "", ""),
        ("notes.txt", Role.OTHER, "", ""),
        ("0001_notes.md", Role.OTHER, "", ""),
        ("schema.png", Role.OTHER, "", ""),
        ("pyproject.toml", Role.OTHER, "", ""),
        (".0001_users.sql.swp", Role.OTHER, "", ""),
        (".hidden.sql", Role.OTHER, "", ""),
        ("2024_report.csv", Role.OTHER, "", ""),
        ("0001_users.SQL", Role.NEAR_MISS, "", ""),
        ("0001_users.sql.bak", Role.NEAR_MISS, "", ""),
        ("0001_users.sql~", Role.NEAR_MISS, "", ""),
        ("0001_users.sql.Retired", Role.NEAR_MISS, "", ""),
        ("0001_users", Role.NEAR_MISS, "", ""),
        ("0001-users.psql", Role.NEAR_MISS, "", ""),
        ("Series.toml", Role.NEAR_MISS, "", ""),
        ("contracts.toml", Role.NEAR_MISS, "", ""),
        ("0001_users.verfy.sql", Role.MISNAMED, "0001_users", "verfy"),
        ("0001_users.down.sql", Role.MISNAMED, "0001_users", "down"),
        ("0001_users.rollback.Keep.sql", Role.MISNAMED, "0001_users", "rollback.Keep"),
        ("0001_users.verify.rollback.sql", Role.MISNAMED, "0001_users", "verify.rollback"),
    ],
)
def test_endings_are_told_apart_before_names_are_judged(name, role, stem, variant):
    found = classify(f"shop/{name}")
    assert (found.role, found.stem, found.variant) == (role, stem, variant)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        (
            "0001_users.SQL",
            "'0001_users.SQL' is never read and never runs: its name is not quite one of ours.",
            "Let it end in .sql (a retired file in .sql.retired), or move it out of the folder.",
        ),
        (
            "Series.toml",
            "'Series.toml' is never read and never runs: its name is not quite one of ours.",
            "Call it series.toml or contract.toml, or move it out of the folder.",
        ),
    ],
)
def test_a_file_that_never_runs_is_said_to_be_one(name, message, hint):
    [finding] = name_findings([classify(f"shop/{name}")])
    assert (finding.code, finding.severity) == ("name-ignored", Severity.WARNING)
    assert (finding.path, finding.message, finding.hint) == (f"shop/{name}", message, hint)


@pytest.mark.parametrize(
    ("ending", "hint"),
    [
        ("verfy", "Did you mean 0001_users.verify.sql?"),
        ("Rollback", "Did you mean 0001_users.rollback.sql?"),
        ("down", "The way back is called 0001_users.rollback.sql."),
        (
            "rollback.Keep",
            "A variant's name is a-z, 0-9 and '_': 0001_users.rollback.keep_data.sql.",
        ),
        ("v2", "A change ends in .sql, its siblings in .verify.sql and .rollback[.VARIANT].sql."),
    ],
)
def test_an_unknown_ending_is_refused(ending, hint):
    [finding] = name_findings([classify(f"shop/0001_users.{ending}.sql")])
    assert (finding.code, finding.severity) == ("name-ending", Severity.ERROR)
    assert finding.message == f"'0001_users.{ending}.sql' has the unknown ending '.{ending}.sql'."
    assert finding.hint == hint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0001_users.sql", "0001_Users.sql"),
        ("0001_caf\u00e9.sql", "0001_cafe\u0301.sql"),
        ("0001_stra\u00dfe.sql", "0001_STRASSE.sql"),
    ],
)
def test_names_that_are_one_on_another_file_system_are_refused(one, other):
    names = [classify(f"shop/{name}") for name in (one, other)]
    first, second = sorted(name.path for name in names)
    [finding] = name_findings(names)
    assert (finding.code, finding.path) == ("name-collision", second)
    assert (
        finding.message == f"{second!r} and {first!r} are one name where case or Unicode form "
        "is ignored."
    )


def test_different_names_do_not_collide():
    assert name_findings([classify("shop/0001_a.sql"), classify("shop/0001_a.verify.sql")]) == ()


@pytest.mark.parametrize(
    "path", ["../x.sql", "a/../x.sql", "/etc/x.sql", "a\\x.sql", "C:x.sql", ".."]
)
def test_a_path_that_leads_out_is_refused(path):
    finding = path_finding(path)
    assert finding
    assert finding.code == "path-outside-root"
    shown = path.encode("unicode_escape").decode()
    assert finding.message == f"The path '{shown}' leads out of its folder, or holds a backslash."


@pytest.mark.parametrize(
    "name",
    ["a\0.sql", "a\n.sql", "a\x1b[31m.sql", "a\x85.sql", "a\udcff.sql", "x" * (NAME_BYTES + 1)],
)
def test_a_name_that_cannot_be_shown_is_refused_and_escaped(name):
    finding = path_finding(f"shop/{name}")
    assert finding
    assert finding.code == "path-bad-name"
    assert finding.path.isprintable()
    assert finding.message.isprintable()


@pytest.mark.parametrize(
    "path", ["shop/0001_a.sql", "shop/..a.sql", "shop/\u00e9t\u00e9.sql", "shop/" + "x" * 255]
)
def test_ordinary_paths_are_fine(path):
    assert path_finding(path) is None


@pytest.mark.parametrize(
    ("layout", "stem", "version", "name"),
    [
        (SequenceLayout(4, False), "0001_users", "0001", "users"),
        (SequenceLayout(4), "0001_users", "0001", "users"),
        (SequenceLayout(4), "0001_2fa_login", "0001", "2fa_login"),
        (SequenceLayout(4, True), "0001_2fa_login", "0001", "2fa_login"),
        (SequenceLayout(4, True), "0013_5_base", "0013_5", "base"),
        (SequenceLayout(4, False), "0013_5_base", "0013", "5_base"),
        (SequenceLayout(3, False), "000_base", "000", "base"),
        (TimestampLayout(), "20260117000000_sync", "20260117000000", "sync"),
        (TimestampLayout(), "20240229235959_leap", "20240229235959", "leap"),
    ],
)
def test_version_and_name_of_a_file(layout, stem, version, name):
    assert layout.read(stem) == Named(Version.of(version), name)


BAD_NAME = "The name '{stem}.sql' is refused: a name is a number, '_' and then a-z, 0-9 and '_'."
RENAME = "Rename it to {right}.sql (and its siblings with it)."


@pytest.mark.parametrize(
    ("stem", "right"),
    [
        ("0032-add-column", "0032_add_column"),
        ("0033_AddColumn", "0033_add_column"),
        ("V33__AddColumn", "0033_add_column"),
        ("0033_Add Column", "0033_add_column"),
        ("0034_caf\u00e9", "0034_cafe"),
        ("0035", "0035_what_it_does"),
        ("users", "0001_users"),
        ("0036-1_x", "0036_1_x"),
        ("\u0660\u0660\u0660\u0661_arabic", "0001_arabic"),
    ],
)
def test_a_bad_name_is_refused_with_the_right_one(stem, right):
    found = SequenceLayout(4, False).read(stem)
    assert found == Misnamed("name-bad", BAD_NAME.format(stem=stem), RENAME.format(right=right))


@pytest.mark.parametrize(
    ("layout", "stem", "code", "message", "hint"),
    [
        (
            SequenceLayout(4, False),
            "001_users",
            "name-width",
            "The number of '001_users.sql' has 3 digits, this series has 4.",
            "Rename it to 0001_users.sql (and its siblings with it).",
        ),
        (
            SequenceLayout(3, False),
            "0042_users",
            "name-width",
            "The number of '0042_users.sql' has 4 digits, this series has 3.",
            "Rename it to 042_users.sql (and its siblings with it).",
        ),
        (
            SequenceLayout(3, False),
            "1234_users",
            "name-width",
            "The number of '1234_users.sql' has 4 digits, this series has 3.",
            "Give it a number of 3 digits.",
        ),
        (
            SequenceLayout(4, False),
            "20260117000000_users",
            "name-mixed-numbering",
            "'20260117000000_users.sql' has a timestamp, but this series is numbered in sequence.",
            "One series has one numbering: give it the next number with 4 digits.",
        ),
        (
            SequenceLayout(4, True),
            "0013_05_base",
            "name-fraction",
            "The fraction '05' of '0013_05_base.sql' begins with 0; fractions are integers from 1.",
            "Write it without the zero, for instance 0013_5_base.sql.",
        ),
        (
            SequenceLayout(4),
            "0013_5_base",
            "name-ambiguous",
            "'0013_5_base.sql' can be version 0013_5, or version 0013 with the name '5_base'.",
            "Say which in series.toml: fractions = true or fractions = false.",
        ),
        (
            TimestampLayout(),
            "0001_users",
            "name-mixed-numbering",
            "The number of '0001_users.sql' has 4 digits, but this series is numbered by "
            "timestamp.",
            "Give it 14 digits: year, month, day, hour, minute, second in UTC.",
        ),
        (
            TimestampLayout(),
            "202601170930_users",
            "name-timestamp",
            "The number of '202601170930_users.sql' has 12 digits, but this series is numbered by "
            "timestamp.",
            "Give it 14 digits: year, month, day, hour, minute, second in UTC.",
        ),
        (
            TimestampLayout(),
            "20260230000000_users",
            "name-timestamp",
            "20260230000000 in '20260230000000_users.sql' is no date and time.",
            "Write a valid UTC time as YYYYMMDDhhmmss, for instance 20260117093000.",
        ),
        (
            TimestampLayout(),
            "20260117006000_users",
            "name-timestamp",
            "20260117006000 in '20260117006000_users.sql' is no date and time.",
            "Write a valid UTC time as YYYYMMDDhhmmss, for instance 20260117093000.",
        ),
    ],
)
def test_a_number_that_does_not_fit_is_refused(layout, stem, code, message, hint):
    assert layout.read(stem) == Misnamed(code, message, hint)


@pytest.mark.parametrize(
    ("stems", "numbering", "width"),
    [
        ([], Numbering.SEQUENCE, 4),
        (["readme"], Numbering.SEQUENCE, 4),
        (["001_a", "002_b"], Numbering.SEQUENCE, 3),
        (["001_a", "0002_b", "0003_c"], Numbering.SEQUENCE, 4),
        (["001_a", "0002_b"], Numbering.SEQUENCE, 4),
        (["20260117000000_a"], Numbering.TIMESTAMP, 4),
        (["20260117000000_a", "20260118000000_b", "0001_c"], Numbering.TIMESTAMP, 4),
        (["20260117000000_a", "0001_c"], Numbering.SEQUENCE, 4),
    ],
)
def test_numbering_is_recognised_from_most_files(stems, numbering, width):
    assert recognise(stems) == (numbering, width)


def test_the_next_number_is_behind_all():
    layout = SequenceLayout(4, True)
    assert layout.following([Version.of("0013_5"), Version.of("0014")], DAY) == "0015"
    assert layout.following([], DAY) == "0001"


def test_the_next_timestamp_is_now_or_a_second_behind_the_last():
    layout = TimestampLayout()
    assert layout.following([], DAY) == "20260117093000"
    assert layout.following([Version.of("20260117093000")], DAY) == "20260117093001"
    assert layout.following([Version.of("20261231235959")], DAY) == "20270101000000"


@given(st.lists(st.tuples(st.integers(0, 9999), st.none() | st.integers(1, 50)), unique=True))
def test_versions_are_ordered_as_integers(numbers):
    layout = SequenceLayout(4, True)
    texts = [f"{n:04d}" if f is None else f"{n:04d}_{f}" for n, f in numbers]
    read = [layout.read(f"{text}_name") for text in texts]
    assert all(isinstance(one, Named) for one in read)
    versions = sorted(one.version for one in read if isinstance(one, Named))
    expected = sorted(numbers, key=lambda pair: (pair[0], pair[1] or 0))
    assert [v.key for v in versions] == [(n,) if f is None else (n, f) for n, f in expected]


@given(st.text(min_size=1, max_size=30))
def test_the_corrected_name_is_always_allowed(stem):
    digits, _, rest = corrected(stem).partition("_")
    assert isinstance(SequenceLayout(len(digits), False).read(f"{digits}_{rest}"), Named)


@given(
    st.text(max_size=40),
    st.sampled_from([SequenceLayout(4), SequenceLayout(3, True), TimestampLayout()]),
)
def test_a_layout_answers_for_any_name(stem, layout):
    found = layout.read(stem)
    if isinstance(found, Named):
        assert f"{found.version}_{found.name}" == stem
        assert layout.refer(stem) == found
        assert layout.refer(str(found.version)) == Named(found.version, "")
    else:
        assert found.message
        assert found.hint
