"""manage.py from outside: exit statuses, messages, accounts, and what is started for whom."""

import re
import signal
import socket
import sys
import time
import urllib.request
from http.cookiejar import CookieJar
from urllib.error import URLError
from urllib.parse import urlencode

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from psycopg.conninfo import make_conninfo

from ceremony.errors import Failed, Refused
from project import accounts
from project.command_line import needs_database
from project.databases import create_missing
from project.environment import database as entry


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"OUTBOX_DATABASE_URL": "postgres://ann:hush@%zz/x"},
            "OUTBOX_DATABASE_URL is not a PostgreSQL connection string that names a database."
            " [dsn-invalid]\n"
            "Nothing was changed.\n"
            "Next: OUTBOX_DATABASE_URL=postgres://user@host:5432/database"
            " (special characters percent-encoded)\n",
        ),
        (
            {"DEBUG": "off"},
            "DEBUG is off and DATABASE_URL is not set; the development server is for development."
            " [dsn-missing]\n"
            "Nothing was changed.\n"
            "Next: DATABASE_URL=postgres://user@host/database\n",
        ),
        (
            {"DEBUG": "off", "DATABASE_URL": "postgres://h/x"},
            "DEBUG is off and SECRET_KEY is not set. [secret-key-missing]\n"
            "Nothing was changed.\n"
            "Next: SECRET_KEY=<fifty random characters> in the environment\n",
        ),
    ],
)
def test_settings_that_cannot_be_exit_2_and_quote_nothing(checkout, variables, message):
    checkout.environment = variables
    done = checkout.run("manage.py", "migrate")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)
    assert list(checkout.area.iterdir()) == []


def test_a_python_without_the_dependencies_is_named(checkout):
    done = checkout.run("-S", "manage.py", "status_sql", "a b")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"This Python ({sys.executable}) lacks django. [module-missing]\n"
        "Nothing was changed.\n"
        "Next: make setup, then .venv/bin/python manage.py status_sql 'a b'\n"
    )


def test_with_database_url_nothing_embedded_starts(checkout, database):
    checkout.environment = {"DATABASE_URL": database.conninfo}
    done = checkout.run("manage.py", "migrate", "auth", "--verbosity", "0")
    assert (done.returncode, done.stderr) == (0, "")
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM auth_user").fetchone() == (0,)
    assert list(checkout.area.iterdir()) == []


def test_a_stranger_runs_a_folder_of_their_own_at_once(checkout, database, series_folder):
    root = series_folder("mine", {"001_shelves.sql": "CREATE TABLE shelves (id int);\n"})
    checkout.environment = {
        "CEREMONY_ROOT": str(root),
        "CEREMONY_EXTRA_ALIASES": "mine",
        "MINE_DATABASE_URL": database.conninfo,
        "OUTBOX_DATABASE_URL": "postgres://ann@192.0.2.1/never_asked",
    }
    done = checkout.run("manage.py", "apply_sql", "mine", "--database", "mine")
    assert done.returncode == 0, done.stderr
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM shelves").fetchone() == (0,)


@pytest.mark.parametrize("module", ["project.wsgi", "project.asgi"])
def test_a_deployment_has_debug_off_unless_it_asks(checkout, module):
    checkout.environment = {"DATABASE_URL": "postgres://h/x", "SECRET_KEY": "k" * 50}
    code = f"import {module}; from django.conf import settings; print(settings.DEBUG)"
    done = checkout.run("-c", code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")


def test_the_control_database_sets_itself_up_on_the_development_server(checkout):
    done = checkout.run(
        "manage.py", "shell", "-v", "0", "-c", "from ceremony.models import Target as T\n"
        "print(T.objects.count())",
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


def test_targets_never_hold_djangos_tables(checkout, database):
    checkout.environment = {
        "DATABASE_URL": database.conninfo,
        "CALENDAR_DATABASE_URL": database.conninfo,
    }
    assert checkout.run("manage.py", "migrate", "--database", "calendar", "-v0").returncode == 0
    with database.connect() as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert [name for (name,) in names] == ["django_migrations"]


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["migrate"], True),
        (["runserver", "8000"], True),
        (["check"], False),
        (["migrate", "--help"], False),
        (["nonsense"], False),
        ([], False),
    ],
)
def test_which_commands_need_a_database(words, needed):
    assert needs_database(["manage.py", *words]) is needed


@pytest.mark.django_db
def test_django_migrations_are_complete():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_demo_accounts(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DEBUG", True)
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    made = accounts.ensure()
    assert accounts.ensure() == made
    assert made.names == ("author", "reviewer", "dba", "operator", "auditor")
    assert set(Group.objects.values_list("name", flat=True)) == set(made.names)
    for user in User.objects.all():
        assert user.check_password(made.password)
        assert (user.is_staff, user.is_superuser) == (True, False)
        assert user.has_perm("ceremony.view_target")
        assert not user.has_perm("ceremony.change_target")
    assert User.objects.count() == 5


@pytest.mark.django_db
def test_demo_accounts_have_the_rights_that_the_demo_policies_need(monkeypatch, tmp_path):
    monkeypatch.setattr(settings, "DEBUG", True)
    monkeypatch.setattr(settings, "STATE_DIR", tmp_path)
    accounts.ensure()
    rights = {}
    for user in User.objects.all():
        given = (name.removeprefix("ceremony.") for name in user.get_all_permissions())
        rights[user.username] = {name for name in given if not name.startswith("view_")}
    assert rights == {
        "author": {"request_ceremony"},
        "reviewer": {"sign_ceremony"},
        "dba": {"sign_ceremony", "halt_ceremony"},
        "operator": {"run_ceremony", "halt_ceremony", "override_ceremony"},
        "auditor": set(),
    }
    signers = [name for name, held in rights.items() if "sign_ceremony" in held]
    for environment, policy in settings.CEREMONY["POLICIES"].items():
        assert policy.get("APPROVALS", 1) <= len(signers), environment


@pytest.mark.django_db
def test_demo_accounts_are_refused_where_debug_is_off(monkeypatch):
    monkeypatch.setattr(settings, "DEBUG", False)
    with pytest.raises(Refused) as raised:
        accounts.ensure()
    assert not User.objects.exists()
    assert str(raised.value) == (
        "Demo accounts have a printed password; DEBUG is off, so they are not made."
        " [accounts-refused]\n"
        "Nothing was changed.\n"
        "Next: python manage.py createsuperuser, or DEBUG=on on a development machine"
    )


def test_a_busy_port_is_named(checkout):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = checkout.run("manage.py", "serve", "--port", str(port))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"Another program is listening on 127.0.0.1:{port}. [port-busy]\n"
        "Nothing was changed.\n"
        f"Next: make serve PORT={port + 1}\n"
    )
    assert checkout.postmaster is None


def test_serve_opens_the_admin_to_the_printed_account_and_stops_whole(checkout):
    port = free_port()
    process = checkout.start("manage.py", "serve", "--port", str(port))
    said = [process.stdout.readline().rstrip() for _ in range(4)]
    address = said[0].removeprefix("Admin:    ")
    assert address == f"http://127.0.0.1:{port}/admin/"
    assert said[1] == (
        "Accounts: author (request), reviewer (sign), dba (sign, halt),"
        " operator (run, halt, override), auditor (look)"
    )
    password = re.fullmatch(r"Password: (\S{12}) \(the same for all of them\)", said[2])
    assert password
    assert said[3] == "Stop:     Ctrl-C"
    page = logged_in(address, "dba", password[1])
    assert "Site administration" in page
    server = checkout.postmaster
    assert server is not None
    process.send_signal(signal.SIGTERM)
    process.communicate()
    assert checkout.postmaster is None
    with pytest.raises(URLError):
        urllib.request.urlopen(address)


def logged_in(address, name, password):
    """The admin's first page, as the account sees it after the login form."""
    jar = CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    wait_for(browser, address)
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"csrfmiddlewaretoken": token, "username": name, "password": password, "next": "/admin/"}
    with browser.open(f"{address}login/", urlencode(form).encode()) as answer:
        return answer.read().decode()


def wait_for(browser, address):
    give_up = time.monotonic() + 30
    while True:
        try:
            browser.open(address).close()
        except URLError:
            assert time.monotonic() < give_up, "the admin does not answer"
            time.sleep(0.1)
        else:
            return


def test_a_missing_database_is_made_once(monkeypatch, server, databases):
    name = "made when missing"
    monkeypatch.setitem(
        settings.DATABASES, "mine", entry("MINE", make_conninfo(server.conninfo(), dbname=name))
    )
    assert create_missing(["mine"]) == ["mine"]
    assert create_missing(["mine"]) == []
    databases.drop(name)


def test_a_database_that_the_role_may_not_make(monkeypatch, server):
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE ROLE poor LOGIN")
    monkeypatch.setitem(
        settings.DATABASES,
        "mine",
        entry("MINE", make_conninfo(server.conninfo(), user="poor", dbname="rich")),
    )
    with pytest.raises(Failed) as raised:
        create_missing(["mine"])
    assert str(raised.value) == (
        "The database rich for mine could not be made: permission denied to create database"
        " (SQLSTATE 42501). [database-not-created]\n"
        "Nothing was changed.\n"
        "Next: createdb rich, as a user who may"
    )


def test_a_server_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setitem(
        settings.DATABASES,
        "mine",
        entry("MINE", f"host={tmp_path} user=ann password=hush dbname=shop"),
    )
    with pytest.raises(Failed) as raised:
        create_missing(["mine"])
    assert str(raised.value) == (
        "The database shop of mine cannot be reached:\n"
        "No server answers there, or it refuses the user, the password or the database."
        " [server-unreachable]\n"
        "Nothing was changed.\n"
        "Next: start that server, or mend its address in MINE_DATABASE_URL"
    )
