import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NOBODY = 65534


@pytest.fixture
def as_nobody(tmp_path: Path) -> Callable[..., Any]:
    """Calls a function as a user without rights of its own: root may read and write everything."""

    def call(function: Callable[..., Any], *arguments: Any) -> Any:
        if os.geteuid() != 0:
            return function(*arguments)
        for folder in (tmp_path, *tmp_path.parents):
            if folder.stat().st_uid == 0 and folder not in (Path("/"), Path("/tmp")):
                folder.chmod(folder.stat().st_mode | 0o055)
        results: Any = multiprocessing.get_context("fork").Queue()
        process = multiprocessing.get_context("fork").Process(
            target=_without_rights, args=(results, function, arguments)
        )
        process.start()
        answer = results.get(timeout=30)
        process.join()
        return answer

    return call


def _without_rights(results: Any, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    results.put(function(*arguments))
