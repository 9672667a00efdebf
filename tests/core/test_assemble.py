import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.assemble import assemble
from ceremony.core.digests import bytes_digest
from ceremony.core.finding import Severity
from ceremony.core.graph import check_graph
from ceremony.core.history import Event
from ceremony.core.migration import Kind
from ceremony.core.series import Numbering, SeriesFiles
from ceremony.core.step import Direction, Step
from tests.core.folders import complete, only, said, series_of

LONE = "-- Reversible: no (x)\nSELECT 1;\n"
CHECK = "-- check: a\n-- expect: rows\nSELECT 1;\n"


def test_a_whole_migration():
    files = {
        "series.toml": 'title = "Shop"\nfractions = true\ndatabase = "shop"\n',
        "0013_5_base.sql": "-- Purpose: base\n-- Timeout: lock 3s\nCREATE TABLE a (id int);\n",
        "0013_5_base.verify.sql": CHECK,
        "0013_5_base.rollback.sql": "-- Transaction: none\nDROP INDEX CONCURRENTLY i;\n",
        "0013_5_base.rollback.keep_data.sql": "-- Data loss: none\nREVOKE ALL ON a FROM PUBLIC;\n",
        "README.md": "# The shop",
    }
    series = series_of(files)
    assert series.findings == ()
    assert (series.name, series.settings.title, series.settings.database) == (
        "shop",
        "Shop",
        "shop",
    )
    [migration] = series.migrations
    assert (migration.label, migration.path) == ("0013_5_base", "shop/0013_5_base.sql")
    assert (migration.kind, migration.header.purpose) == (Kind.RUNNABLE, "base")
    assert migration.script.bytes_digest == bytes_digest(files["0013_5_base.sql"].encode())
    assert migration.verify_digest == bytes_digest(CHECK.encode())
    assert [check.name for check in migration.checks] == ["a"]
    assert set(migration.rollbacks) == {"", "keep_data"}
    assert migration.rollback_headers[""].transactional is False


def test_the_way_back_says_itself_what_is_lost():
    files = complete("0001_a", header={"0001_a": "-- Data loss: rollback (drops a)\n"})
    files["0001_a.rollback.keep.sql"] = "-- Data loss: none\nSELECT 1;\n"
    files["0001_a.rollback.other.sql"] = "SELECT 1;\n"
    files["0001_a.rollback.worse.sql"] = "-- Data loss: rollback (drops b)\nSELECT 1;\n"
    [migration] = series_of(files).migrations
    lost = {variant: migration.data_loss_of_rollback(variant) for variant in migration.rollbacks}
    assert lost == {
        "": "rollback (drops a)",
        "keep": "",
        "other": "rollback (drops a)",
        "worse": "rollback (drops b)",
    }
    step = Step(
        1,
        migration,
        Direction.ROLL_BACK,
        Event.ROLLED_BACK,
        migration.rollbacks["keep"],
        variant="keep",
    )
    assert (step.data_loss, step.loses_data) == ("", False)


def test_migrations_are_in_order_of_their_versions():
    files = complete("0014_c", "0013_10_b", "0013_5_a", "0013_z")
    series = series_of({"series.toml": "fractions = true", **files})
    assert [m.label for m in series.migrations] == ["0013_z", "0013_5_a", "0013_10_b", "0014_c"]


def test_a_folder_without_settings_is_understood():
    series = series_of(complete("001_a", "002_b"))
    assert series.findings == ()
    assert (series.settings.numbering, series.settings.width) == (Numbering.SEQUENCE, 3)
    assert series.settings.title == "shop"


@pytest.mark.parametrize("toml", [None, 'title = "x"\n'])
def test_a_digits_group_is_ambiguous_until_somebody_says(toml):
    files = complete("0013_5_base")
    if toml:
        files["series.toml"] = toml
    codes = {code for _, code in said(series_of(files).findings)}
    assert codes == {"name-ambiguous", "series-empty"}
    assert series_of({**files, "series.toml": "fractions = false"}).findings == ()


def test_an_empty_series_says_so():
    finding = only(series_of({}))
    assert (finding.code, finding.severity) == ("series-empty", Severity.NOTICE)
    assert finding.message == "The series 'shop' has no migration yet."
    assert finding.hint == "Start it: manage.py new_sql shop first_change"


def test_names_of_other_forms_are_refused_one_by_one():
    series = series_of(
        complete("0001_a")
        | {
            "0032-add-column.sql": LONE,
            "0033_AddColumn.sql": LONE,
            "003_short.sql": LONE,
            "20260117000000_late.sql": LONE,
        }
    )
    assert said(series.findings) == [
        ("shop/0032-add-column.sql", "name-bad"),
        ("shop/0033_AddColumn.sql", "name-bad"),
        ("shop/003_short.sql", "name-width"),
        ("shop/20260117000000_late.sql", "name-mixed-numbering"),
    ]
    assert series.findings[0].hint == "Rename it to 0032_add_column.sql (and its siblings with it)."
    assert [m.label for m in series.migrations] == ["0001_a"]


def test_a_sibling_without_its_migration_is_refused():
    files = complete("0001_a") | {"0002_b.verify.sql": CHECK, "0003_c.rollback.keep.sql": LONE}
    series = series_of(files)
    assert said(series.findings) == [
        ("shop/0002_b.verify.sql", "name-orphan"),
        ("shop/0003_c.rollback.keep.sql", "name-orphan"),
    ]
    assert series.findings[0].message == (
        "'0002_b.verify.sql' belongs to no migration: 0002_b.sql is not there."
    )
    assert series.findings[0].hint == (
        "Add 0002_b.sql, or give the file the name of its migration."
    )


def test_siblings_of_a_retired_migration_are_left_alone():
    files = {
        "0001_a.sql.retired": "-- Retired: never worked\nSELECT '",
        "0001_a.verify.sql": "this is no SQL",
        "0001_a.rollback.sql": "nor this",
        "0001_a.verify.sql.retired": "nor this",
    }
    series = series_of(files | complete("0002_b"))
    assert series.findings == ()
    retired = series.migrations[0]
    assert (retired.kind, retired.header.retired) == (Kind.RETIRED, "never worked")
    assert (retired.script.statements, retired.checks, retired.rollbacks) == ((), (), {})
    assert series.runnable == series.migrations[1:]


@pytest.mark.parametrize(
    "data", [b"SELECT 1;", b"-- Purpose: old\nSELECT 1;", b"\xff\xfe\x00broken"]
)
def test_a_retired_file_says_why(data):
    finding = only(series_of({"0001_a.sql.retired": data} | complete("0002_b")))
    assert (finding.code, finding.path) == ("retired-without-reason", "shop/0001_a.sql.retired")
    assert finding.message == "A retired file does not say why it is retired."
    assert finding.hint == "Add a first line: -- Retired: expects state that does not exist"


def test_a_retired_file_with_a_bad_name_is_a_warning():
    finding = only(series_of({"0001-a.sql.retired": "-- Retired: x\n"} | complete("0002_b")))
    assert (finding.code, finding.severity) == ("name-bad", Severity.WARNING)


def test_a_header_that_retires_a_file_that_would_run_is_refused():
    files = complete("0001_a", header={"0001_a": "-- Retired: broken\n"})
    finding = only(series_of(files))
    assert finding.code == "retired-not-renamed"
    assert finding.message == (
        "The header says that the file is retired, but its name would let it run."
    )
    assert finding.hint == "Rename it to 0001_a.sql.retired, or delete the line 'Retired:'."


@pytest.mark.parametrize(
    ("names", "path", "taken"),
    [
        (("0003_tables.sql", "0003_more.sql"), "shop/0003_tables.sql", "0003_more"),
        (("0003_tables.sql", "0003_old.sql.retired"), "shop/0003_old.sql.retired", "0003_tables"),
        (("0003_a.sql", "0003_a.sql.retired"), "shop/0003_a.sql.retired", "0003_a"),
    ],
)
def test_a_number_is_used_once(names, path, taken):
    files = {name: "-- Retired: x\n" if name.endswith("retired") else LONE for name in names}
    finding = next(f for f in series_of(files).findings if f.code == "id-duplicate")
    assert finding.path == path
    assert finding.message == f"The number 0003 is taken by {taken!r}."
    assert finding.hint == (
        "Give one of them a number that is free: a number is used once, retired files included."
    )


def test_retired_files_may_share_a_number():
    files = {"0001_a.sql.retired": "-- Retired: x\n", "0001_b.sql.retired": "-- Retired: x\n"}
    assert series_of(files | complete("0002_c")).findings == ()


def test_a_planned_file_is_checked_but_not_asked_for_siblings():
    series = series_of({"0001_a.sql": "-- Planned: waits\nSELECT 1;\n"})
    assert (series.findings, series.migrations[0].kind) == ((), Kind.PLANNED)
    broken = series_of({"0001_a.sql": "-- Planned: waits\nSELEC 1;\n"})
    assert said(broken.findings) == [("shop/0001_a.sql", "sql-syntax")]


@pytest.mark.parametrize(
    ("files", "code", "message", "hint"),
    [
        (
            {"0001_a.sql": LONE},
            "checks-missing",
            "Nothing verifies this migration.",
            "Add 0001_a.verify.sql with at least one check.",
        ),
        (
            {"0001_a.sql": "SELECT 1;", "0001_a.verify.sql": CHECK},
            "rollback-missing",
            "There is no way back, and the header does not say that there is none.",
            "Add 0001_a.rollback.sql, or a line '-- Reversible: no (why)'.",
        ),
        (
            {"0001_a.sql": LONE, "0001_a.verify.sql": CHECK, "0001_a.rollback.sql": "SELECT 1;"},
            "rollback-contradicted",
            "The header says 'Reversible: no', but there is a rollback file.",
            "Delete the line, or 0001_a.rollback.sql: as it is, the file never runs.",
        ),
    ],
)
def test_what_a_migration_lacks_is_a_warning(files, code, message, hint):
    finding = only(series_of(files))
    assert (finding.path, finding.code, finding.severity) == (
        "shop/0001_a.sql",
        code,
        Severity.WARNING,
    )
    assert (finding.message, finding.hint) == (message, hint)


def test_a_warning_is_silenced_with_a_reason_and_an_error_never():
    files = {
        "0001_a.sql": "-- Reversible: no (x)\n-- Silence: checks-missing (seen by "
        "hand)\nSELECT 1;\n",
        "0002_b.sql": "-- Silence: sql-syntax (no)\n-- Silence: checks-missing (x)\n"
        "-- Silence: rollback-missing (x)\nSELEC 1;\n",
    }
    assert said(series_of(files).findings) == [("shop/0002_b.sql", "sql-syntax")]


def test_all_findings_of_a_folder_are_reported_at_once_and_sorted():
    files = {
        "0001_a.sql": "-- Rsik: low\nSELEC 1;\n",
        "0001_a.verify.sql": "-- check: a\nSELECT 1;\n",
        "0001_a.rollback.sql": b"SELECT '\xff';",
        "0002-b.sql": "SELECT 1;",
        "0003_c.sql.bak": "SELECT 1;",
        "series.toml": "widht = 4\n",
    }
    series = series_of(files)
    assert said(series.findings) == [
        ("shop/0001_a.rollback.sql", "file-not-utf8"),
        ("shop/0001_a.sql", "directive-unknown"),
        ("shop/0001_a.sql", "sql-syntax"),
        ("shop/0001_a.verify.sql", "check-no-expectation"),
        ("shop/0002-b.sql", "name-bad"),
        ("shop/0003_c.sql.bak", "name-ignored"),
        ("shop/series.toml", "settings-unknown-key"),
    ]
    assert [(f.line, f.column) for f in series.findings[1:3]] == [(1, 0), (2, 1)]


def test_dependencies_on_the_own_series_become_versions():
    header = (
        "-- Depends: 0001_a.sql (why), shop:0001, other:0003_5_x, other:0007_y, django:app.0002_z\n"
    )
    series = series_of(complete("0001_a", "0002_b", header={"0002_b": header}))
    assert [(d.series, d.version, d.name) for d in series.migrations[1].header.depends] == [
        ("", "0001", "a"),
        ("", "0001", "a"),
        ("other", "0003_5", "x"),
        ("other", "0007", "y"),
        ("django", "app.0002_z", ""),
    ]


@pytest.mark.parametrize(
    "span", ["0000-0031", "0002-0001", "0000-0030", "20260117000000-0003", "1-2"]
)
def test_a_range_that_cannot_be_superseded_is_refused(span):
    finding = only(
        series_of(complete("0030_base", header={"0030_base": f"-- Supersedes: {span}\n"}))
    )
    assert (finding.path, finding.code) == ("shop/0030_base.sql", "supersedes-invalid")
    assert finding.message == f"'Supersedes: {span}' is no range of versions below 0030."
    assert (
        finding.hint == "Write the first and the last version that this file replaces: 0000-0029."
    )


def test_what_changes_what_a_file_does_is_part_of_its_meaning():
    def meaning(text: str) -> str:
        return series_of({"0001_a.sql": text}).migrations[0].script.meaning_digest

    plain = meaning("CREATE TABLE a (id int);")
    assert (
        meaning("-- Purpose: x\n-- Depends: none\n-- Risk: low\ncreate table a\n(id int);") == plain
    )
    assert meaning("-- Timeout: lock 3s\nCREATE TABLE a (id int);") == plain
    assert meaning("-- Reversible: no\nCREATE TABLE a (id int);") != plain
    assert meaning("-- Data loss: none\nCREATE TABLE a (id int);") == plain


def test_a_migration_is_found_by_version_or_label():
    series = series_of(complete("0001_a"))
    [migration] = series.migrations
    assert [series.find(t) for t in ("0001", "0001_a", "0001_a.sql")] == [migration] * 3
    assert series.find("0002") is None


@pytest.mark.parametrize(
    "line", ["Depends: 0001_", "Depends: 0001, other:0003_", "Supersedes: 0000_"]
)
def test_a_monstrous_number_does_not_make_it_raise(line):
    files = complete("0001_a", "0002_b", header={"0002_b": f"-- {line}{'9' * 5000}\n"})
    series = series_of(files | {"series.toml": "fractions = true"})
    codes = [f.code for f in (*series.findings, *check_graph({"shop": series}))]
    assert set(codes) - {"file-long-line"} in ({"dependency-missing"}, {"supersedes-invalid"})


@given(st.dictionaries(st.text(min_size=1, max_size=20), st.binary(max_size=40), max_size=4))
def test_no_folder_makes_it_raise(files):
    assert assemble(SeriesFiles("shop", ())).migrations == ()
    series_of({name.replace("/", "_"): data for name, data in files.items()})


@given(st.binary(max_size=120), st.binary(max_size=120))
def test_no_content_makes_it_raise(change, verify):
    series = series_of({"0001_a.sql": change, "0001_a.verify.sql": verify, "series.toml": change})
    assert all(finding.code and finding.hint for finding in series.findings)
