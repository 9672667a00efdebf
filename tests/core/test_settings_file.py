import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.series import Numbering, SeriesSettings
from ceremony.core.settings_file import KEYS, read_contract, read_settings, read_toml

PATH = "shop/series.toml"


def read(text: str | None, *stems: str):
    return read_settings("shop", PATH, text, stems)


def test_without_a_file_the_defaults_hold():
    found = read(None, "001_a")
    assert found.settings == SeriesSettings("shop", Numbering.SEQUENCE, 3)
    assert (found.fractions_said, found.findings) == (False, ())


def test_every_setting():
    text = (
        'title = "Shop"\nnumbering = "timestamp"\nwidth = 5\nfractions = true\ndatabase = "main"\n'
        'reference_tables = ["a"]\n[preflight]\nabsent_or_empty = ["a"]\n'
        '[[risks]]\nseverity = "P2"\ntext = "r"\nmitigation = "m"\n'
    )
    found = read(text)
    assert found.settings == SeriesSettings(
        "Shop",
        Numbering.TIMESTAMP,
        5,
        True,
        "main",
        {
            "reference_tables": ["a"],
            "preflight": {"absent_or_empty": ["a"]},
            "risks": [{"severity": "P2", "text": "r", "mitigation": "m"}],
        },
    )
    assert (found.fractions_said, found.findings) == (True, ())


@pytest.mark.parametrize(
    ("text", "line", "code", "message", "hint"),
    [
        (
            'title = "x"\nwidht = 4\n',
            2,
            "settings-unknown-key",
            "There is no setting 'widht'.",
            "Did you mean 'width'?",
        ),
        (
            'titel = "x"\n',
            1,
            "settings-unknown-key",
            "There is no setting 'titel'.",
            "Did you mean 'title'?",
        ),
        (
            "[pre-flight]\nx = 1\n",
            1,
            "settings-unknown-key",
            "There is no setting 'pre-flight'.",
            "Did you mean 'preflight'?",
        ),
        (
            "[[risk]]\nx = 1\n",
            1,
            "settings-unknown-key",
            "There is no setting 'risk'.",
            "Did you mean 'risks'?",
        ),
        (
            "\ncolour = 1\n",
            2,
            "settings-unknown-key",
            "There is no setting 'colour'.",
            f"Known keys: {', '.join(sorted(KEYS))}.",
        ),
        (
            "width = 2\n",
            1,
            "settings-value",
            "2 is no value of 'width'.",
            "Write a number of digits from 3 to 6.",
        ),
        (
            "width = true\n",
            1,
            "settings-value",
            "True is no value of 'width'.",
            "Write a number of digits from 3 to 6.",
        ),
        (
            '# x\nnumbering = "serial"\n',
            2,
            "settings-value",
            "'serial' is no value of 'numbering'.",
            "Write 'sequence' or 'timestamp'.",
        ),
        (
            'fractions = "yes"\n',
            1,
            "settings-value",
            "'yes' is no value of 'fractions'.",
            "It is true or false.",
        ),
        ("title = 4\n", 1, "settings-value", "4 is no value of 'title'.", "It is a text."),
        (
            "flags = 4\n",
            1,
            "settings-value",
            "4 is no value of 'flags'.",
            "It is a table or a list.",
        ),
        (
            'title = "x"\nnumbering = \n',
            2,
            "toml-syntax",
            "The file is no TOML: Invalid value.",
            "Mend the line; https://toml.io describes the format.",
        ),
    ],
)
def test_a_setting_that_is_not_understood_is_refused(text, line, code, message, hint):
    [finding] = read(text).findings
    assert (finding.path, finding.line, finding.code) == (PATH, line, code)
    assert (finding.message, finding.hint) == (message, hint)


def test_a_file_that_is_no_toml_adds_no_second_finding():
    found = read("= 3", "0001_5_x")
    assert ([f.code for f in found.findings], found.fractions_said) == (["toml-syntax"], True)


def test_a_file_that_is_nested_too_deeply_is_refused():
    [finding] = read("title = " + "[" * 100_000).findings
    assert finding.code == "toml-syntax"
    assert finding.hint == "Write it with fewer levels."


CONTRACT = "shop/contract.toml"


def test_a_contract_keeps_its_values():
    text = (
        'index = [{ name = "i", since = "0001", table = "t" }]\n'
        '[[table]]\nname = "t"\nsince = "0001"\nlevel = "optional"\n'
    )
    tables, findings = read_contract(CONTRACT, text)
    assert findings == ()
    assert tables == {
        "index": [{"name": "i", "since": "0001", "table": "t"}],
        "table": [{"name": "t", "since": "0001", "level": "optional"}],
    }


@pytest.mark.parametrize(
    ("text", "line", "code", "message", "hint"),
    [
        (
            "[[tabel]]\n",
            1,
            "contract-unknown-kind",
            "'tabel' is no kind of object.",
            "Did you mean 'table'?",
        ),
        (
            "[table]\n",
            1,
            "contract-shape",
            "'table' is not a list of objects.",
            'Write [[table]] above each object, or table = [{ name = "…", since = "…" }].',
        ),
        (
            '\n[[table]]\nname = "t"\n',
            2,
            "contract-shape",
            "Object 1 of 'table' has no 'since'.",
            "Every object has a name and since, the version it is there from.",
        ),
        (
            '[[table]]\nname = "t"\nsince = "1"\nlevel = "nice"\n',
            1,
            "contract-shape",
            "'nice' is no level of table 't'.",
            "Write required or optional.",
        ),
        (
            "x = ",
            1,
            "toml-syntax",
            "The file is no TOML: Invalid value.",
            "Mend the line; https://toml.io describes the format.",
        ),
    ],
)
def test_a_contract_of_another_shape_is_refused(text, line, code, message, hint):
    _, [finding] = read_contract(CONTRACT, text)
    assert (finding.path, finding.line, finding.code) == (CONTRACT, line, code)
    assert (finding.message, finding.hint) == (message, hint)


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text):
    tables, findings = read_toml(PATH, text)
    assert not (tables and findings)
    assert read(text).settings.title


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[policy]\nrights = "blok"\n', "'blok' is no value of 'rights' in [policy]."),
        ("[policy]\nrehearsal = true\n", "True is no value of 'rehearsal' in [policy]."),
        ('[policy]\nreharsal = "required"\n', "There is no setting 'reharsal' in [policy]."),
    ],
)
def test_a_policy_that_is_misspelt_is_refused(text, message):
    read = read_settings("shop", "shop/series.toml", text, [])
    assert [finding.message for finding in read.findings] == [message]
