"""A stage for faults: two databases of one process of pytest, and the proxy in front of them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from project.cluster import Cluster
from tests.conftest import Databases
from tests.faults.proxy import Proxy
from tests.faults.stage import Stage


@pytest.fixture(scope="session")
def theatre(
    server: Cluster,
    databases: Databases,
    control_template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stage]:
    """The databases and the proxy; made once, because a trial empties them anyway."""
    folder = Path(tempfile.mkdtemp(prefix="flt"))
    proxy = Proxy(folder, Path(server.socket_dir) / ".s.PGSQL.5432")
    control, target = databases.create(control_template), databases.create()
    with control.connect() as ours, target.connect() as theirs:
        root = tmp_path_factory.mktemp("sql")
        yield Stage(root, Path(server.socket_dir), ours, theirs, proxy)
    for made in (control, target):
        databases.drop(made.name)
    proxy.close()
    shutil.rmtree(folder)


@pytest.fixture
def stage(
    theatre: Stage, monkeypatch: pytest.MonkeyPatch, django_db_blocker: Any
) -> Iterator[Stage]:
    """An empty folder of series, and Django's aliases pointing at the two databases."""
    for left in theatre.root.iterdir():
        shutil.rmtree(left)
    monkeypatch.setattr(settings, "CEREMONY", {"ROOT": theatre.root})
    before = dict(settings.DATABASES)
    theatre.point()
    with django_db_blocker.unblock():
        yield theatre
        connections.close_all()
    settings.DATABASES.clear()
    settings.DATABASES.update(before)
    theatre.forget_connections()
