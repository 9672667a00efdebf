from datetime import time

import pytest

from ceremony.core.policies.reading import Said, Unfit, read_policy
from ceremony.core.policy import Duty, Quorum, Window

NUMBER = 'Write a number of people, or how many of which group: {"dba": 1, "*": 1}.'
DUTIES = (
    'Write True for all, or a list of these: "author and approver", "author and operator", '
    '"approver and operator".'
)
WRITTEN = 'Write a list such as ["mon-fri 22:00-02:00"] (UTC); without days it is every day.'
KNOWN = (
    "Known: ACCEPTANCES, APPROVALS, DATA_LOSS, EXPIRES_HOURS, HALT, PREFLIGHT, PROMOTION, "
    "REAUTHENTICATE, REHEARSAL, REHEARSAL_DAYS, {}SEPARATE, VERIFY, WINDOWS."
)


def test_every_word():
    said, wrong = read_policy(
        {
            "APPROVALS": {"dba": 2, "*": 1},
            "ACCEPTANCES": 1,
            "SEPARATE": ["author and approver"],
            "REHEARSAL": "required",
            "REHEARSAL_DAYS": 7,
            "WINDOWS": ["mon 22:00-02:00"],
            "EXPIRES_HOURS": 24,
            "DATA_LOSS": True,
            "REAUTHENTICATE": False,
            "PROMOTION": "staging",
            "VERIFY": True,
            "HALT": True,
            "PREFLIGHT": True,
            "RISKS": {"high": {"APPROVALS": 3}, "low": {"APPROVALS": 0, "SEPARATE": True}},
        }
    )

    assert wrong == ()
    assert said == Said(
        {
            "approvals": (Quorum("", 1), Quorum("dba", 2)),
            "acceptances": (Quorum("", 1),),
            "separate": frozenset({Duty.AUTHOR_APPROVER}),
            "rehearsal": True,
            "rehearsal_days": 7,
            "windows": (Window((0,), time(22), time(2)),),
            "expires_hours": 24,
            "data_loss": True,
            "reauthenticate": False,
            "promotion": "staging",
            "verify": True,
            "halt": True,
            "preflight": True,
        },
        {
            "high": {"approvals": (Quorum("", 3),)},
            "low": {"approvals": (), "separate": frozenset(Duty)},
        },
    )


def test_an_age_of_the_rehearsal_demands_one():
    assert read_policy({"REHEARSAL_DAYS": 7})[0].fields["rehearsal"] is True
    assert read_policy({"REHEARSAL_DAYS": 0})[0].fields == {"rehearsal_days": 0}


def test_a_group_with_nobody_is_not_asked():
    assert read_policy({"APPROVALS": {"dba": 0}})[0].fields == {"approvals": ()}


@pytest.mark.parametrize(
    ("raw", "unfit"),
    [
        (
            {"APPROVAL": 1},
            Unfit("APPROVAL", "There is no setting 'APPROVAL'.", KNOWN.format("RISKS, ")),
        ),
        (
            {"approvals": 1},
            Unfit("approvals", "There is no setting 'approvals'.", KNOWN.format("RISKS, ")),
        ),
        ({"NAME": "x"}, Unfit("NAME", "There is no setting 'NAME'.", KNOWN.format("RISKS, "))),
        ({"APPROVALS": -1}, Unfit("APPROVALS", "-1 is no value of 'APPROVALS'.", NUMBER)),
        ({"APPROVALS": True}, Unfit("APPROVALS", "True is no value of 'APPROVALS'.", NUMBER)),
        ({"APPROVALS": "dba"}, Unfit("APPROVALS", "'dba' is no value of 'APPROVALS'.", NUMBER)),
        ({"APPROVALS": {"": 1}}, Unfit("APPROVALS", "{'': 1} is no value of 'APPROVALS'.", NUMBER)),
        (
            {"APPROVALS": {"dba": 1.5}},
            Unfit("APPROVALS", "{'dba': 1.5} is no value of 'APPROVALS'.", NUMBER),
        ),
        (
            {"EXPIRES_HOURS": "24"},
            Unfit(
                "EXPIRES_HOURS",
                "'24' is no value of 'EXPIRES_HOURS'.",
                "Write a whole number of hours; 0 for no limit.",
            ),
        ),
        (
            {"REHEARSAL_DAYS": -1},
            Unfit(
                "REHEARSAL_DAYS",
                "-1 is no value of 'REHEARSAL_DAYS'.",
                "Write a whole number of days; 0 for no limit.",
            ),
        ),
        ({"HALT": "yes"}, Unfit("HALT", "'yes' is no value of 'HALT'.", "Write True or False.")),
        (
            {"REHEARSAL": "yes"},
            Unfit("REHEARSAL", "'yes' is no value of 'REHEARSAL'.", 'Write "required" or False.'),
        ),
        ({"SEPARATE": ["all"]}, Unfit("SEPARATE", "['all'] is no value of 'SEPARATE'.", DUTIES)),
        (
            {"WINDOWS": "22:00-02:00"},
            Unfit("WINDOWS", "'22:00-02:00' is no value of 'WINDOWS'.", WRITTEN),
        ),
        ({"WINDOWS": [5]}, Unfit("WINDOWS", "[5] is no value of 'WINDOWS'.", WRITTEN)),
        (
            {"PROMOTION": None},
            Unfit(
                "PROMOTION", "None is no value of 'PROMOTION'.", "Write the name of an environment."
            ),
        ),
        (
            {"RISKS": {"huge": {}}},
            Unfit(
                "RISKS", "'huge' is no risk.", "Known: low, medium, high; each has keys of its own."
            ),
        ),
        (
            {"RISKS": {"low": 1}},
            Unfit(
                "RISKS",
                "RISKS is no table of risks.",
                "Known: low, medium, high; each has keys of its own.",
            ),
        ),
        (
            {"RISKS": {"low": {"RISKS": {}}}},
            Unfit("RISKS['low']['RISKS']", "There is no setting 'RISKS'.", KNOWN.format("")),
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(raw, unfit):
    assert read_policy(raw)[1] == (unfit,)
