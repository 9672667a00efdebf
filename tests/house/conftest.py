"""A temporary area for each test of the house."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.checkout import Checkout


@pytest.fixture
def checkout() -> Iterator[Checkout]:
    """This checkout with a temporary area of its own, with a space in its path.

    It is short, because a socket's path is, and open to be walked through, because root's server
    runs as somebody else.
    """
    area = Path(tempfile.mkdtemp(prefix="c ", dir="/tmp"))
    area.chmod(0o711)
    made = Checkout(area)
    yield made
    made.end()
    shutil.rmtree(area)
