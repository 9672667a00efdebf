"""The named queries: each is there, once, and is read by somebody."""

import re
from pathlib import Path

import pytest

from ceremony import pg
from ceremony.pg.queries import query

FOLDER = Path(pg.__file__).parent
FILES = ("queries.sql", "contract.sql", "preflight.sql")
NAMES = [
    (file, name)
    for file in FILES
    for name in re.findall(r"^-- name: (\S+)$", (FOLDER / file).read_text(), re.MULTILINE)
]


def test_names_are_unique():
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize(("file", "name"), NAMES)
def test_each_is_used_and_ends_without_a_semicolon(file, name):
    code = "".join(path.read_text() for path in FOLDER.glob("*.py"))
    assert f'"{name}"' in code.replace("'", '"')
    assert not query(name, file).endswith(";")
    assert "-- name" not in query(name, file)


def test_an_unknown_name():
    with pytest.raises(KeyError):
        query("nothing")
