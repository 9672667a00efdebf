"""Which server an alias reaches, and so whether it is a local one: settings, then libpq's own
environment variables.
"""

import pytest
from django.conf import settings as django_settings

from ceremony import conf

ENGINE = "django.db.backends.postgresql"
VARIABLES = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGSERVICE")


@pytest.fixture
def reached(monkeypatch):
    """The target of these settings, in a process with these environment variables."""

    def made(database, **environment):
        for name in VARIABLES:
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        alias = {"ENGINE": ENGINE, "NAME": "shop", **database}
        monkeypatch.setattr(django_settings, "DATABASES", {"shop": alias})
        return conf.target("shop", conf.load())

    return made


@pytest.mark.parametrize(
    ("database", "environment", "expected"),
    [
        ({}, {}, "local"),
        ({}, {"PGHOST": ""}, "local"),
        ({}, {"PGHOST": "/var/run/postgresql"}, "local"),
        ({}, {"PGHOST": "db.example"}, "unknown"),
        ({}, {"PGHOST": "localhost,db.example"}, "unknown"),
        ({}, {"PGHOSTADDR": "192.0.2.7"}, "unknown"),
        ({}, {"PGSERVICE": "shop"}, "unknown"),
        ({"HOST": "localhost"}, {"PGHOST": "db.example"}, "local"),
        ({"HOST": "localhost"}, {"PGHOSTADDR": "192.0.2.7"}, "unknown"),
        ({"HOST": "db.example"}, {"PGHOST": "localhost"}, "unknown"),
        ({"OPTIONS": {"hostaddr": "127.0.0.1"}}, {"PGHOSTADDR": "192.0.2.7"}, "local"),
    ],
)
def test_a_target_is_local_only_where_the_process_really_connects_to_a_local_server(
    reached, database, environment, expected
):
    assert reached(database, **environment).environment == expected


def test_the_address_is_the_one_that_is_used(reached):
    target = reached({"USER": "anna"}, PGHOST="db.example", PGPORT="5433", PGUSER="kim")
    assert target.parameters == {
        "host": "db.example", "port": "5433", "user": "anna", "dbname": "shop",
    }  # fmt: skip


def test_a_service_leaves_the_address_to_its_file(reached):
    target = reached({}, PGSERVICE="shop", PGHOST="db.example")
    assert target.parameters == {"service": "shop", "dbname": "shop"}
