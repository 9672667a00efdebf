"""The fixtures that all other tests stand on."""

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.db import connections


def test_a_fresh_database_is_empty_and_alone(server, databases):
    first, second = databases.create(), databases.create()
    with first.connect() as connection:
        connection.execute("CREATE TABLE t ()")
    with second.connect() as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        assert row.fetchone() == (0,)
        major = connection.info.server_version // 10000
    assert major == server.version


def test_control_commits_for_real(control):
    Group.objects.create(name="author")
    with psycopg.connect(control.conninfo) as connection:
        assert connection.execute("SELECT name FROM auth_group").fetchall() == [("author",)]


def test_control_is_fresh_each_time(control):
    assert not Group.objects.exists()


@pytest.mark.django_db
def test_django_db_reaches_the_throwaway_server(server):
    Group.objects.create(name="author")
    assert Group.objects.count() == 1
    assert connections["default"].settings_dict["HOST"] == str(server.socket_dir)


def test_a_target_alias_is_known_while_the_test_lasts(target_alias):
    made = target_alias("warehouse")
    with connections["warehouse"].cursor() as cursor:
        cursor.execute("SELECT current_database()")
        assert cursor.fetchone() == (made.name,)


def test_series_folder_keeps_bytes(series_folder):
    root = series_folder("calendar", {"0001_a.sql": b"SELECT 1;\r\n", "series.toml": "title = 'x'"})
    assert (root / "calendar" / "0001_a.sql").read_bytes() == b"SELECT 1;\r\n"
    assert (root / "calendar" / "series.toml").read_text() == "title = 'x'"
