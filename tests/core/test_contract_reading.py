"""``contract.toml`` as requirements, and what is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.core.contract.names import shown_name, split_name
from ceremony.core.contract.requirement import Level, RequiredKind
from ceremony.core.settings_file import CONTRACT_KINDS
from tests.core.folders import complete, only, series_of

FILES = complete("0001_a", "0002_b", "0003_c")
FILES["0004_old.sql.retired"] = "-- Retired: never mind\n"


def shop(contract: str):
    return series_of({**FILES, "contract.toml": contract})


def read(contract: str):
    series = shop(contract)
    assert series.findings == ()
    return series.contract.requirements


def test_every_kind_of_the_file_is_a_kind_of_requirement():
    assert sorted(CONTRACT_KINDS) == sorted(kind.value for kind in RequiredKind)


def test_a_table_and_its_columns():
    found = read(
        '[[table]]\nname = "auth.users"\nsince = "0002"\nrequired = { id = "bigint", e = "" }\n'
        'optional = ["nick"]\n'
    )
    assert [(str(r.wanted), r.level, r.type_text, r.line) for r in found] == [
        ("table auth.users", Level.REQUIRED, "", 2),
        ("column auth.users.id", Level.REQUIRED, "bigint", 2),
        ("column auth.users.e", Level.REQUIRED, "", 2),
        ("column auth.users.nick", Level.OPTIONAL, "", 2),
    ]
    assert {(r.since.text, r.provider) for r in found} == {("0002", "0002_b")}


def test_columns_of_an_optional_table_are_optional():
    found = read('[[table]]\nname = "t"\nsince = "0001"\nlevel = "optional"\nrequired = ["id"]\n')
    assert [r.level for r in found] == [Level.OPTIONAL] * 2


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ('[[view]]\nname = "v"', "view public.v"),
        ('[[materialized_view]]\nname = "s.m"', "materialized view s.m"),
        ('[[index]]\nname = "i"', "index public.i"),
        ('[[index]]\nname = "i"\ntable = "s.t"', "index s.i on s.t"),
        ('[[constraint]]\nname = "c"\ntable = "t"', "constraint public.t.c"),
        ('[[trigger]]\nname = "trg"\ntable = "t"', "trigger public.t.trg"),
        ('[[policy]]\nname = "own rows"\ntable = "t"', None),
        ('[[policy]]\nname = \'"own rows"\'\ntable = "t"', 'policy public.t."own rows"'),
        ('[[function]]\nname = "f"', "function public.f"),
        ('[[function]]\nname = "s.f(uuid,  text[])"', "function s.f(uuid, text[])"),
        ('[[procedure]]\nname = "p()"', "procedure public.p()"),
        ("[[function]]\nname = '\"f(x\"(int)'", 'function public."f(x"(int)'),
        ("[[function]]\nname = '\"f(x\"'", 'function public."f(x"'),
        ('[[type]]\nname = "ty"', "type public.ty"),
        ('[[enum]]\nname = "e"\nlabels = ["A", "B"]', "enum public.e"),
        ('[[domain]]\nname = "d"\ntype = "text"', "domain public.d"),
        ('[[sequence]]\nname = "q"', "sequence public.q"),
        ('[[extension]]\nname = "pg_trgm"', "extension pg_trgm"),
        ("[[extension]]\nname = '\"uuid-ossp\"'", 'extension "uuid-ossp"'),
        ('[[schema]]\nname = "auth"', "schema auth"),
        ('[[role]]\nname = "authenticated"', "role authenticated"),
        ('[[column]]\nname = "t.c"\ntype = "int"', "column public.t.c"),
        ('[[column]]\nname = "c"\ntable = "s.t"', "column s.t.c"),
        ('[[table]]\nname = "Orders"', "table public.orders"),
        ("[[table]]\nname = '\"Orders\"'", 'table public."Orders"'),
    ],
)
def test_how_each_kind_is_named(entry, shown):
    series = shop(f'{entry}\nsince = "0001"\n')
    if shown is None:
        assert only(series).code == "contract-name"
    else:
        assert str(series.contract.requirements[0].wanted) == shown
        assert series.findings == ()


WRONG = {
    "since-unknown": (
        '[[table]]\nname = "t"\nsince = "0009"\n',
        "shop/contract.toml:2", "contract-since",
        "The table 't' is there since '0009', which is no migration of shop.",
        "Did you mean '0003'?",
    ),
    "since-retired": (
        '[[table]]\nname = "t"\nsince = "0004"\n',
        "shop/contract.toml:2", "contract-since",
        "The table 't' is there since 0004_old, which is retired and never runs.",
        "Name the migration that provides the object now.",
    ),
    "until-before-since": (
        '[[table]]\nname = "t"\nsince = "0002"\nuntil = "0001"\n',
        "shop/contract.toml:2", "contract-since",
        "The table 't' ends before it begins.",
        "Correct since or until.",
    ),
    "key": (
        '[[index]]\nname = "i"\nsince = "0001"\ntabel = "t"\n',
        "shop/contract.toml:2", "contract-unknown-key",
        "The index 'i' has no 'tabel'.",
        "Did you mean 'table'?",
    ),
    "key-of-another-kind": (
        '[[view]]\nname = "v"\nsince = "0001"\nlabels = ["A"]\n',
        "shop/contract.toml:2", "contract-unknown-key",
        "The view 'v' has no 'labels'.",
        "Known keys: level, name, optional, required, since, until.",
    ),
    "table-missing": (
        '[[trigger]]\nname = "t"\nsince = "0001"\n',
        "shop/contract.toml:2", "contract-shape",
        "The trigger 't' does not say which table it is on.",
        'Add: table = "…"',
    ),
    "column-alone": (
        '[[column]]\nname = "t"\nsince = "0001"\n',
        "shop/contract.toml:2", "contract-shape",
        "The column 't' does not say which table it is on.",
        'Add: table = "…"',
    ),
    "type": (
        '[[table]]\nname = "t"\nsince = "0001"\nrequired = { id = "bigserial" }\n',
        "shop/contract.toml:2", "contract-type",
        "The table 't' has 'bigserial', which is no type of a column.",
        "Write a type as psql's \\d shows it (serial is an integer with a default).",
    ),
    "columns": (
        '[[table]]\nname = "t"\nsince = "0001"\nrequired = { id = 1 }\n',
        "shop/contract.toml:2", "contract-shape",
        "The table 't' has required columns that are no names with types.",
        'required = { id = "bigint", note = "" }, or a list of names.',
    ),
    "labels": (
        '[[enum]]\nname = "e"\nsince = "0001"\nlabels = "A"\n',
        "shop/contract.toml:2", "contract-shape",
        "The enum 'e' has labels that are no list of texts.",
        'labels = ["A", "B"]',
    ),
    "behind-a-comment": (
        '# name = "t"\n[[table]]\nname = "t"\nsince = "0009"\n',
        "shop/contract.toml:3", "contract-since",
        "The table 't' is there since '0009', which is no migration of shop.",
        "Did you mean '0003'?",
    ),
    "label-twice": (
        '[[enum]]\nname = "e"\nsince = "0001"\nlabels = ["A", "B", "A"]\n',
        "shop/contract.toml:2", "contract-shape",
        "The enum 'e' has the label 'A' twice.",
        "Keep one of the two.",
    ),
    "arguments": (
        '[[function]]\nname = "f(int"\nsince = "0001"\n',
        "shop/contract.toml:2", "contract-name",
        "The function 'f(int' is no name with argument types.",
        'Write it as DROP FUNCTION takes it: name = "f(uuid, text[])", or the name alone for any '
        "arguments.",
    ),
    "index-in-another-schema": (
        '[[index]]\nname = "s.i"\ntable = "t"\nsince = "0001"\n',
        "shop/contract.toml:2", "contract-name",
        "The index 's.i' is not in the schema of its table, public.",
        "An index is always in the schema of its table: leave the schema out.",
    ),
    "twice": (
        'index = [\n  { name = "i", since = "0001" },\n'
        '  { name = "i", since = "0001", table = "t" },\n'
        '  { name = "i", since = "0001" },\n]\n',
        "shop/contract.toml:4", "contract-duplicate",
        "The index public.i is named twice since 0001.",
        "Keep one of the two; an entry with a later since may change it.",
    ),
    "column-twice": (
        '[[table]]\nname = "t"\nsince = "0001"\nrequired = ["id"]\n'
        '[[column]]\nname = "t.id"\nsince = "0001"\n',
        "shop/contract.toml:6", "contract-duplicate",
        "The column public.t.id is named twice since 0001.",
        "Keep one of the two; an entry with a later since may change it.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_once_with_its_place(name):
    text, place, code, message, hint = WRONG[name]
    found = only(shop(text))
    assert (found.place, found.code, found.message, found.hint) == (place, code, message, hint)


def test_one_wrong_entry_leaves_the_others():
    series = shop('[[table]]\nname = "t"\nsince = "9"\n[[table]]\nname = "u"\nsince = "0001"\n')
    assert [str(r.wanted) for r in series.contract.requirements] == ["table public.u"]


def test_what_the_shape_was_refused_for_is_not_told_twice():
    text = '[[tabel]]\nname = "t"\nsince = "0001"\n[[view]]\nname = "v"\n'
    codes = [finding.code for finding in shop(text).findings]
    assert codes == ["contract-unknown-kind", "contract-shape"]


@given(st.lists(st.text(min_size=1, max_size=12).filter(lambda t: "\0" not in t), min_size=1))
def test_a_quoted_name_reads_as_it_was_meant(parts):
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in parts)
    assert split_name(quoted) == tuple(parts)
    assert split_name(shown_name(*parts)) == tuple(parts)


@given(st.text(min_size=64, max_size=70).filter(lambda t: "\0" not in t))
def test_a_long_name_is_cut_as_the_server_cuts_it(name):
    (kept,) = split_name('"' + name.replace('"', '""') + '"') or ()
    assert name.startswith(kept)
    assert len(kept.encode()) <= 63 < len(name[: len(kept) + 1].encode())


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a b", '"a', "1a", 'a"b"', "a..b", '"a\0b"'])
def test_no_name(text):
    assert split_name(text) is None


def test_only_ascii_is_folded():
    assert split_name("ÄPfel.BIRNEN") == ("Äpfel", "birnen")
