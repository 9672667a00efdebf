"""The picture of the states is drawn from the table that everything else is held to.

``CEREMONY_WRITE_DOCS=1`` writes it into the page, and fails.
"""

import os
import re

import pytest

from ceremony.core.states import ENDED, TABLE, Act, State
from tests.docs.pages import CHECKOUT

PAGE = CHECKOUT / "docs" / "explanation" / "states.md"
FENCE = re.compile(r"(```mermaid\n)(.*?)(\n```)", re.DOTALL)


def _id(state):
    return re.sub(r"[ -]", "_", state.value)


def _picture():
    lines = ["stateDiagram-v2", f"    [*] --> {_id(State.DRAFT)}"]
    lines += [f'    state "{state.value}" as {_id(state)}' for state in State]
    arrows = {}
    for (before, act), after in TABLE.items():
        arrows.setdefault((before, after), []).append(act.value)
    lines += [f"    {_id(b)} --> {_id(a)} : {', '.join(acts)}" for (b, a), acts in arrows.items()]
    lines += [f"    {_id(state)} --> [*]" for state in State if state in ENDED]
    return "\n".join(lines)


def _rows(heading):
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2]
    return re.findall(r"^\| `(.*?)` \|", section.partition("\n## ")[0], re.MULTILINE)


def test_the_picture_is_the_table():
    page = PAGE.read_text(encoding="utf-8")
    (drawn,) = FENCE.findall(page)
    if os.environ.get("CEREMONY_WRITE_DOCS") and drawn[1] != _picture():
        PAGE.write_text(FENCE.sub(rf"\g<1>{_picture()}\g<3>", page), encoding="utf-8")
        pytest.fail("states.md was written; read it, then run without CEREMONY_WRITE_DOCS")
    assert drawn[1] == _picture()


def test_every_state_and_every_act_is_explained():
    assert _rows("States") == [state.value for state in State]
    assert _rows("Acts") == [act.value for act in Act]
