"""Every text of a page can be translated."""

from pathlib import Path

import pytest

from tests.house.untranslated import untranslated

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_of_a_template_can_be_translated(template):
    assert untranslated(template) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>Some words.</p>", ["Some words."]),
        ('<p title="Some words">{{ x }}</p>', ["Some words"]),
        ('{{ x|default:"not stated" }}', ["not stated"]),
        ('{% mark "warning" "loses data" %}', ["loses data"]),
        ("<p>1 · {{ x }} → <code>manage.py migrate</code></p>", []),
        ('<p>{% translate "Some words." %}</p>', []),
        ("{% blocktranslate %}Some {{ x }} words.{% endblocktranslate %}", []),
        ('{% mark "warning" _("loses data") %}', []),
        ('{{ x|default:_("not stated") }}', []),
    ],
)
def test_what_counts_as_a_text(tmp_path, text, found):
    template = tmp_path / "page.html"
    template.write_text(text)
    assert untranslated(template) == found
