"""What the environment says, as entries of DATABASES; and that no secret gets into a message."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ceremony.errors import ExitCode, UsageError
from project.environment import Environment, conninfo, database, kept_secret

SOCKET = Path("/tmp/c/run")


def entry(dsn):
    return database("DATABASE_URL", dsn)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_whole_url(scheme):
    assert entry(f"{scheme}://ann:p%40ss@db.example.org:6432/shop?sslmode=require") == {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "NAME": "shop",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "db.example.org",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "require"},
    }


@pytest.mark.parametrize(
    "dsn",
    [
        "postgres://ann@%2Fvar%2Frun%2Fpostgresql/shop",
        "postgres://ann@/shop?host=/var/run/postgresql",
        "host=/var/run/postgresql user=ann dbname=shop",
    ],
)
def test_a_socket_directory(dsn):
    found = entry(dsn)
    assert (found["HOST"], found["USER"], found["NAME"]) == ("/var/run/postgresql", "ann", "shop")


def test_several_hosts_and_options_go_through():
    found = entry("postgres://a,b:5433/shop?target_session_attrs=read-write&connect_timeout=3")
    assert (found["HOST"], found["PORT"]) == ("a,b", ",5433")
    assert found["OPTIONS"] == {"target_session_attrs": "read-write", "connect_timeout": "3"}


@pytest.mark.parametrize(
    "dsn",
    [
        "mysql://ann:hush@db/shop",
        "postgres://ann:hush@db",
        "postgres://ann:hush@db/shop?colour=hush",
        "postgres://ann:hush@db/%zz",
        "postgres://ann:a@hush@db/shop",
        "postgres://ann:a/hush@db/shop",
        "postgres://ann:hu:sh@db:hush/shop",
        "ann:hush@db/shop",
        "hush",
    ],
)
def test_a_malformed_url_is_named_by_its_variable_alone(dsn):
    with pytest.raises(UsageError) as raised:
        database("LISTINGS_DATABASE_URL", dsn)
    assert raised.value.exit_code is ExitCode.USAGE
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert str(raised.value) == (
        "LISTINGS_DATABASE_URL is not a PostgreSQL connection string that names a database."
        " [dsn-invalid]\n"
        "Nothing was changed.\n"
        "Next: LISTINGS_DATABASE_URL=postgres://user@host:5432/database"
        " (special characters percent-encoded)"
    )


@given(st.text(min_size=1).filter(lambda text: "\0" not in text and text.isprintable()))
def test_any_password_survives_the_way_through_a_url(password):
    found = entry(f"postgres://ann:{quote(password, safe='')}@db/shop")
    assert found["PASSWORD"] == password


@given(st.text())
def test_any_text_is_understood_or_refused_without_being_quoted(text):
    refusals = []
    try:
        assert entry(text)["NAME"]
    except UsageError as error:
        refusals.append((error.code, error.happened))
    expected = "DATABASE_URL is not a PostgreSQL connection string that names a database."
    assert refusals in ([], [("dsn-invalid", expected)])


def test_the_way_back_to_a_connection_string():
    found = entry("postgres://ann:p%20w@db:6432/shop?sslmode=require")
    assert entry(conninfo(found)) == found
    assert entry(conninfo(found, dbname="postgres"))["NAME"] == "postgres"


def test_without_variables_everything_is_on_the_development_server():
    environment = Environment({})
    control = environment.control(SOCKET)
    targets = environment.targets(["calendar", "outbox"], control)
    assert control == {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 0,
        "HOST": "/tmp/c/run",
        "USER": "postgres",
        "NAME": "ceremony",
        "OPTIONS": {},
    }
    assert {alias: (t["HOST"], t["NAME"]) for alias, t in targets.items()} == {
        "calendar": ("/tmp/c/run", "ceremony_calendar"),
        "outbox": ("/tmp/c/run", "ceremony_outbox"),
    }


def test_targets_follow_the_control_database_unless_they_have_an_address():
    environment = Environment(
        {
            "DATABASE_URL": "postgres://ann:pw@db/shop?sslmode=require",
            "OUTBOX_DATABASE_URL": "postgres://bob@elsewhere/post",
        }
    )
    control = environment.control(SOCKET)
    targets = environment.targets(["calendar", "outbox"], control)
    assert targets["calendar"] == {**control, "NAME": "shop_calendar"}
    assert (targets["outbox"]["HOST"], targets["outbox"]["NAME"]) == ("elsewhere", "post")
    assert "PASSWORD" not in targets["outbox"]


def test_extra_aliases_on_a_server_of_ones_own_need_an_address():
    environment = Environment(
        {
            "DATABASE_URL": "postgres://h/control",
            "CEREMONY_EXTRA_ALIASES": " mine, yours ",
            "MINE_DATABASE_URL": "postgres://h/mine",
        }
    )
    with pytest.raises(UsageError) as raised:
        environment.targets([], environment.control(SOCKET))
    assert str(raised.value) == (
        "CEREMONY_EXTRA_ALIASES names yours, and YOURS_DATABASE_URL is not set. [dsn-missing]\n"
        "Nothing was changed.\n"
        "Next: YOURS_DATABASE_URL=postgres://user@host/database"
    )


def test_an_extra_alias_without_address_is_a_database_of_the_development_server():
    environment = Environment({"CEREMONY_EXTRA_ALIASES": "shop"})
    targets = environment.targets([], environment.control(SOCKET))
    assert (targets["shop"]["HOST"], targets["shop"]["NAME"]) == (str(SOCKET), "ceremony_shop")


def test_an_extra_alias_that_is_one_of_ours_keeps_its_default():
    environment = Environment({"CEREMONY_EXTRA_ALIASES": "calendar"})
    targets = environment.targets(["calendar"], environment.control(SOCKET))
    assert targets["calendar"]["NAME"] == "ceremony_calendar"


def test_extra_aliases_are_added():
    environment = Environment(
        {"CEREMONY_EXTRA_ALIASES": "mine", "MINE_DATABASE_URL": "postgres://h/m"}
    )
    targets = environment.targets(["calendar"], environment.control(SOCKET))
    assert list(targets) == ["calendar", "mine"]
    assert targets["mine"]["NAME"] == "m"


@pytest.mark.parametrize("alias", ["default", "Mine", "9lives", "a-b", "a b"])
def test_an_alias_that_cannot_be(alias):
    environment = Environment({"CEREMONY_EXTRA_ALIASES": alias})
    with pytest.raises(UsageError) as raised:
        environment.targets([], {})
    assert str(raised.value) == (
        f"CEREMONY_EXTRA_ALIASES: {alias!r} cannot be the alias of a target. [alias-invalid]\n"
        "Nothing was changed.\n"
        "Next: use lower-case letters, digits and _, a letter first, and not 'default'"
    )


@pytest.mark.parametrize(
    ("text", "value"), [("1", True), ("On", True), ("no", False), ("FALSE", False), ("", True)]
)
def test_flags(text, value):
    assert Environment({"DEBUG": text}).flag("DEBUG", default=True) is value


def test_a_flag_that_is_neither():
    with pytest.raises(UsageError) as raised:
        Environment({"DEBUG": "maybe"}).flag("DEBUG", default=True)
    assert str(raised.value) == (
        "DEBUG is neither on nor off. [variable-invalid]\n"
        "Nothing was changed.\n"
        "Next: DEBUG=on or DEBUG=off"
    )


def test_a_value_may_begin_with_a_dollar_sign():
    assert Environment({"SECRET_KEY": "$ecret"}).text("SECRET_KEY") == "$ecret"


def test_a_home_is_expanded(monkeypatch):
    monkeypatch.setenv("HOME", "/home/ann")
    found = Environment({"CEREMONY_ROOT": "~/sql"}).folder("CEREMONY_ROOT", Path("/default"))
    assert found == Path("/home/ann/sql")
    assert Environment({}).folder("CEREMONY_ROOT", Path("/default")) == Path("/default")


def test_a_secret_is_made_once_and_kept_for_its_owner(tmp_path):
    first = kept_secret(tmp_path / "state", "secret_key")
    assert kept_secret(tmp_path / "state", "secret_key") == first
    assert kept_secret(tmp_path / "state", "other") != first
    assert len(first) >= 50
    assert (tmp_path / "state" / "secret_key").stat().st_mode & 0o077 == 0
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["other", "secret_key"]


def test_a_secret_that_cannot_be_kept(tmp_path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(UsageError) as raised:
        kept_secret(tmp_path / "state", "secret_key")
    assert str(raised.value) == (
        f"No secret can be kept in {tmp_path}/state/secret_key: File exists."
        " [secret-unwritable]\n"
        "Nothing was changed.\n"
        f"Next: make {tmp_path}/state writable, or set SECRET_KEY and DATABASE_URL"
    )
