"""Fixtures for pytest: databases with a series applied, each a quick copy of a template.

In a project's ``conftest.py``::

    pytest_plugins = ["ceremony.testing"]

and in a test::

    def test_an_order_needs_a_user(migrated_database):
        with psycopg.connect(migrated_database("shop")) as connection:
            ...

The series is applied once per process of pytest, with all its checks; every test gets a copy of
that database, and may do with it what it likes. All of them are scratch databases on the server of
the series' home database, which must be a local one; what a killed run leaves behind is dropped by
the next one.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from psycopg.conninfo import make_conninfo

from ceremony.actions.built import Template, built, cloned


class Templates:
    """A template database per series, made when it is first asked for."""

    def __init__(self, kept: ExitStack) -> None:
        self._kept = kept
        self._made: dict[str, Template] = {}

    def of(self, series: str) -> Template:
        """The template. Raises what ``built`` raises."""
        if series not in self._made:
            self._made[series] = self._kept.enter_context(built(series, "pytest"))
        return self._made[series]


@pytest.fixture(scope="session")
def ceremony_templates() -> Iterator[Templates]:
    """The template databases of this process of pytest; dropped when it ends."""
    with ExitStack() as kept:
        yield Templates(kept)


@pytest.fixture
def migrated_database(ceremony_templates: Templates) -> Iterator[Callable[[str], str]]:
    """A function: the name of a series in, the conninfo of a database of the test's own out."""
    with ExitStack() as kept:
        yield lambda series: make_conninfo(
            **kept.enter_context(cloned(ceremony_templates.of(series)))
        )
