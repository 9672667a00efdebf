"""The form that asks for a ceremony: what it refuses before the target is read."""

import pytest

from ceremony.admin.requesting import RequestForm


@pytest.mark.parametrize(
    ("direction", "errors"),
    [
        (
            "apply",
            {"variant": ["This applies what is pending: leave it empty, or choose to roll back."]},
        ),
        ("roll back", {}),
    ],
)
def test_another_way_back_is_not_passed_over_in_silence(direction, errors, monkeypatch):
    monkeypatch.setattr("ceremony.admin.requesting.series_on_disk", lambda _: ["shop"])
    form = RequestForm({"series": "shop", "direction": direction, "variant": "keep_data"})
    assert form.errors == errors
