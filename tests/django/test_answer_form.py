"""The form that answers an item: what counts as evidence."""

import pytest

from ceremony.admin.forms import AnswerForm

CARRIED = {"fingerprint": "manifest1:ab", "round": "1", "seen": "1", "result": "PASS"}
ALONE = {"path": ["Of what? Say where it lies, or in words what shows it."]}


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        ({"size": "many"}, ALONE),
        ({"digest": "sha256:ab"}, ALONE),
        ({"size": "10", "digest": "sha256:ab", "path": "/backups/a"}, {}),
        ({"size": "10", "note": "the dump of today"}, {}),
    ],
)
def test_a_size_or_a_digest_alone_shows_nothing(given, errors):
    assert AnswerForm({**CARRIED, **given}).errors == errors
