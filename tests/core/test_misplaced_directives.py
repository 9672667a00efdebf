import pytest

from ceremony.core.directives import misplaced
from ceremony.core.finding import Severity

PATH = "shop/0001_a.sql"


def test_a_directive_behind_the_first_statement_is_a_warning():
    text = "-- Purpose: x\nSELECT 1;\n  -- Transaction: none\nSELECT 2;\n"
    [finding] = misplaced(PATH, text)
    assert (finding.code, finding.severity) == ("directive-misplaced", Severity.WARNING)
    assert (finding.line, finding.column) == (3, 3)
    assert finding.message == (
        "'Transaction:' stands behind the first statement, where no directive holds."
    )
    assert finding.hint == "Move the line above the first statement, or reword the comment."


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1;\n-- Purpose: prose\n-- Author: somebody\n-- Note: x\n",
        "SELECT '\n-- Transaction: none\n';\n",
        "DO $$\n-- Risk: low\nBEGIN END $$;\n",
        "-- Risk: low\nSELECT 1;\n",
        "-- Risk: low\n",
    ],
)
def test_what_is_no_directive_is_not_misplaced(text):
    assert misplaced(PATH, text) == ()
