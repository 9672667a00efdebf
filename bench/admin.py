"""The pages of the admin over a full record: how many queries each address takes, and how long.

python -m bench.admin [--events 1000000] [--attempts 20000] [--ceremonies 500] [--rounds 3]

Every address of the URL list that is looked at is asked by somebody who may do everything, in this
process: what the web server and the network add is not in it. Seconds are of processor time, the
database's included. Lists are asked under filters and searches as well. Exits 1 when a page takes
more than 15 queries, or longer than its limit.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment

import bench.configured  # noqa: F401  (models need settings)
from ceremony.actions.check_trail import PART, check_trail
from project import embedded
from project.cluster import SUPERUSER, Cluster
from project.place import memory_area
from tests.django.addresses import addresses
from tests.django.crowd import crowd
from tests.django.everything import VERBS, browser, everything

QUERIES = 15
SECONDS = 1.0
FILES = "/export/"
"""Addresses of whole lists as files: as long as they are, and not among the pages."""

DOCUMENT = "/report/"
"""A report is gathered from the whole of a ceremony; its queries are a fixed number of its own."""

TRAIL = "/admin/ceremony/auditevent/"
NARROWED = (
    f"{TRAIL}?p=200",
    f"{TRAIL}?action=signed",
    f"{TRAIL}?action=trail+checked",
    f"{TRAIL}?target=db07",
    f"{TRAIL}?series=shop",
    f"{TRAIL}?series=nowhere",
    f"{TRAIL}?ceremony=17",
    f"{TRAIL}?q=lena",
    f"{TRAIL}?q=nobody",
    f"{TRAIL}?q=0123_or",
    f"{TRAIL}?q=8fd1c2",
    "/admin/ceremony/attempt/?state=failed",
    "/admin/ceremony/attempt/?q=0007",
    "/admin/ceremony/checkrecord/?result=broken",
    "/admin/ceremony/checkrecord/?q=nothing",
    "/admin/ceremony/ceremony/?q=Change",
    "/admin/ceremony/migrationrecord/?target=db07",
)


def pointed(cluster: Cluster) -> None:
    """Let Django's ``default`` be a database of that server."""
    entry = {**settings.DATABASES["default"], "HOST": str(cluster.socket_dir), "PORT": ""}
    entry |= {"NAME": "postgres", "USER": SUPERUSER, "PASSWORD": "", "OPTIONS": {}}
    settings.DATABASES["default"] = connection.settings_dict = entry
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def asked() -> Iterator[tuple[str, str]]:
    """Each address that is looked at, by its route; then lists under filters."""
    yield from ((one.route, one.url()) for one in addresses() if FILES not in one.route)
    yield from (("admin/", "/admin/"), ("admin/ceremony/", "/admin/ceremony/"))
    yield from ((url, url) for url in NARROWED)


def worked() -> float:
    """Seconds of processor time so far, of this process and of the server's that serves it: what
    else the machine does is not in it (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html).
    """
    connection.ensure_connection()
    stat = Path(f"/proc/{connection.connection.info.backend_pid}/stat").read_text()
    ticks = stat.rpartition(")")[2].split()[11:13]
    return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def measured(client: Client, url: str, rounds: int) -> tuple[int, int, float]:
    """Status, queries, and the mean of the seconds of processor time."""
    with CaptureQueriesContext(connection) as queries:
        status = client.get(url).status_code
    count = len(queries)  # what follows begins the list of queries anew
    before = worked()
    for _ in range(rounds):
        client.get(url).getvalue()
    return status, count, (worked() - before) / rounds


def pages(client: Client, rounds: int) -> int:
    """Print a line for each; how many are beyond a limit."""
    beyond = 0
    print(f"{'':6} {'queries':>7} {'seconds':>8}  address")
    for route, url in asked():
        status, queries, seconds = measured(client, url, rounds)
        if status != 200:
            continue
        is_beyond = seconds > SECONDS or (queries > QUERIES and DOCUMENT not in route)
        beyond += is_beyond
        print(f"{'BEYOND' if is_beyond else '':6} {queries:7} {seconds:8.3f}  {route}")
    return beyond


def filled(events: int, attempts: int, ceremonies: int) -> Any:
    """The record, and somebody who may do everything with it."""
    before = time.perf_counter()
    crowd(events, attempts, ceremonies)
    everything("shop")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    print(f"filled in {time.perf_counter() - before:.0f} s", flush=True)
    return browser("all", None, *VERBS)


def checked() -> None:
    """What one check of the chain takes, which reads a part of it."""
    before = worked()
    found = check_trail("bench")
    told = f"{found.last - found.first + 1} of {found.head} events (at most {PART})"
    print(f"a check of the chain: {told} in {worked() - before:.2f} s")


def saved(client: Client) -> None:
    """What the longest file takes."""
    before = worked()
    size = sum(len(part) for part in client.get(f"{TRAIL}export/jsonl/").streaming_content)
    print(f"a list as a file: {size / 2**20:.0f} MiB in {worked() - before:.1f} s")


def main() -> int:
    """Measure and print; 1 when a limit is not held."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--attempts", type=int, default=20_000)
    parser.add_argument("--ceremonies", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    # With DEBUG on, Django keeps every query, and no more than 9,000 of them.
    settings.DEBUG = False
    setup_test_environment()
    elsewhere = os.environ.get("CEREMONY_TEST_PG_BINDIR")
    with embedded.throwaway(Path(elsewhere) if elsewhere else None, memory_area()) as cluster:
        pointed(cluster)
        call_command("migrate", verbosity=0, interactive=False)
        print(
            f"PostgreSQL {cluster.version}, Django {django.get_version()}: {options.events} "
            "events, "
            f"{options.attempts} attempts, {options.ceremonies} ceremonies"
        )
        client = filled(options.events, options.attempts, options.ceremonies)
        beyond = pages(client, options.rounds)
        checked()
        saved(client)
        connection.close()
    print(f"{beyond} page(s) beyond {QUERIES} queries or {SECONDS:.0f} s")
    return int(beyond > 0)


if __name__ == "__main__":
    sys.exit(main())
