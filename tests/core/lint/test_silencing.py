import pytest

from ceremony.core.finding import Finding, Severity
from ceremony.core.lint import Remark, Rule, lint
from tests.core.folders import series_of


def _every_drop(subject):
    for command in subject.commands:
        if command.kind == "drop_stmt":
            yield command.remark("A DROP.", "Keep it.")


def _whole_file(subject):
    yield Remark("A file.", "Delete it.")


DROPS = Rule("lint-drops", "a DROP", "It drops.", "https://example.org/drop", _every_drop)
FILES = Rule("lint-files", "a file", "It is.", "https://example.org/file", _whole_file, None)


def _found(text, *rules, settings=""):
    files = {"0001_a.sql": text}
    if settings:
        files["series.toml"] = settings
    series = series_of(files)
    return lint({"shop": series}, rules or (DROPS,))


def _drop(line, column=1, severity=Severity.WARNING):
    return Finding("shop/0001_a.sql", line, column, "lint-drops", "A DROP.", "Keep it.", severity)


def test_without_a_silencer_every_statement_is_told():
    assert _found("DROP TABLE a;\nSELECT 1; DROP TABLE b;\n") == (_drop(1), _drop(2, 11))


@pytest.mark.parametrize(
    "comment",
    [
        "-- lint: allow lint-drops (why)",
        "--lint:allow lint-drops (why)",
        "--- LINT: Allow lint-drops  (why, and (in brackets) more)",
        "-- an ordinary comment\n-- lint: allow lint-drops (why)\n-- another\n/* and\none more */",
    ],
)
def test_a_line_right_above_silences_its_statement_alone(comment):
    text = f"DROP TABLE a;\n{comment}\nDROP TABLE b;\nDROP TABLE c;\n"
    below = 3 + comment.count("\n")
    assert _found(text) == (_drop(1), _drop(below + 1))


def test_it_holds_for_all_of_a_statement():
    text = (
        "-- lint: allow lint-drops (why)\nDO $$\nBEGIN\n  DROP TABLE a;\n  DROP TABLE b;\nEND $$;"
    )
    assert _found(text) == ()


def test_several_lines_may_stand_above_one_statement():
    text = "-- lint: allow lint-drops (why)\n-- lint: allow lint-files (why)\nDROP TABLE a;\n"
    found = _found(text, DROPS, FILES, settings='[lint]\nlint-files = "notice"\n')
    assert [(f.code, f.line) for f in found] == [("lint-files", 0), ("silence-unused", 2)]


def test_a_directive_silences_the_whole_file():
    text = "-- Silence: lint-drops (why)\nDROP TABLE a;\nDROP TABLE b;\n"
    assert _found(text) == ()
    text = "-- Silence: lint-files (why)\nSELECT 1;\n"
    assert _found(text, FILES, settings='[lint]\nlint-files = "error"\n') == ()


@pytest.mark.parametrize(
    ("comment", "quoted"),
    [
        ("-- lint: allow lint-drops", "'-- lint: allow lint-drops'"),
        ("-- lint: allow lint-drops ()", "'-- lint: allow lint-drops ()'"),
        ("-- lint: allow lint-drops ( )", "'-- lint: allow lint-drops ( )'"),
        ("-- lint: ignore lint-drops (why)", "'-- lint: ignore lint-drops (why)'"),
        ("-- lint: lint-drops", "'-- lint: lint-drops'"),
        ("-- lint:", "'-- lint:'"),
    ],
)
def test_a_line_without_a_reason_is_an_error_and_silences_nothing(comment, quoted):
    assert _found(f"{comment}\nDROP TABLE a;\n") == (
        Finding(
            "shop/0001_a.sql",
            1,
            1,
            "silence-invalid",
            f"{quoted} silences nothing.",
            "Write the code of one rule and, in brackets, why: -- lint: allow lint-some-rule (why)",
        ),
        _drop(2),
    )


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE a;\n-- lint: allow lint-drops (why)\n",
        "DROP TABLE a; -- lint: allow lint-drops (why)\n",
        "DROP TABLE a\n-- lint: allow lint-drops (why)\n, b;\n",
    ],
)
def test_a_line_above_no_statement_is_an_error(text):
    codes = [(finding.code, finding.message) for finding in _found(text)]
    said = "No statement begins below '-- lint: allow lint-drops (why)'."
    assert sorted(codes) == [("lint-drops", "A DROP."), ("silence-invalid", said)]


def test_a_blank_line_between_is_an_error():
    found = _found("-- lint: allow lint-drops (why)\n\nDROP TABLE a;\n")
    assert [finding.code for finding in found] == ["silence-invalid", "lint-drops"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SELECT 1;\n-- lint: allow lint-drop (why)\nDROP TABLE a;\n", 2),
        ("-- Silence: lint-drop (why)\nDROP TABLE a;\n", 1),
    ],
)
def test_a_misspelt_rule_is_an_error(text, line):
    found = [finding for finding in _found(text) if finding.code != "lint-drops"]
    assert found == [
        Finding(
            "shop/0001_a.sql",
            line,
            0,
            "silence-rule-unknown",
            "There is no rule 'lint-drop'.",
            "Did you mean 'lint-drops'?",
        )
    ]


def test_a_rule_like_no_other_is_named_on_the_page():
    [finding] = _found("-- lint: allow money-is-money (why)\nSELECT 1;\n")
    assert (finding.code, finding.hint) == (
        "silence-rule-unknown",
        "docs/reference/lint.md lists the rules.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "-- lint: allow lint-drops (why)\nSELECT 1;\nDROP TABLE a;\n",
        "-- Silence: lint-drops (why)\nSELECT 1;\n",
    ],
)
def test_a_line_that_silences_nothing_is_a_warning(text):
    assert [f for f in _found(text) if f.code != "lint-drops"] == [
        Finding(
            "shop/0001_a.sql",
            1,
            0,
            "silence-unused",
            "lint-drops finds nothing here, so this line silences nothing.",
            "Delete the line: left there, it would hide the next finding.",
            Severity.WARNING,
        )
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT '-- lint: allow lint-drops (why)';\nDROP TABLE a;\n",
        "SELECT $$\n-- lint: allow lint-drops (why)\n$$;\nDROP TABLE a;\n",
        "/* -- lint: allow lint-drops (why) */\nDROP TABLE a;\n",
        "-- a lint: allow lint-drops (why)\nDROP TABLE a;\n",
    ],
)
def test_only_a_comment_of_its_own_counts(text):
    assert [finding.code for finding in _found(text)] == ["lint-drops"]


def test_silencers_of_a_way_back_stand_in_its_own_file():
    every = Rule(**{**vars(DROPS), "on_rollbacks": True})
    files = {
        "0001_a.sql": "-- Silence: lint-drops (why)\nDROP TABLE a;\n",
        "0001_a.rollback.sql": "DROP TABLE b;\n-- lint: allow lint-drops (why)\nDROP TABLE c;\n",
        "0001_a.rollback.keep.sql": "-- Silence: lint-drops (why)\nDROP TABLE d;\n",
    }
    found = lint({"shop": series_of(files)}, [every])
    assert [(f.path, f.line) for f in found] == [("shop/0001_a.rollback.sql", 1)]


def test_a_rule_that_is_off_may_stay_silenced():
    settings = '[lint]\nlint-drops = { severity = "off", reason = "x" }\n'
    text = "-- lint: allow lint-drops (why)\nDROP TABLE a;\nDROP TABLE b;\n"
    assert _found(text, settings=settings) == ()
