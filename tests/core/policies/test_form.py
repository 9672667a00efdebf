import json
from dataclasses import fields, replace

import pytest
from hypothesis import given

from ceremony.core.chain import canonical
from ceremony.core.policies.form import document_of, from_document, version_of
from ceremony.core.policies.reading import FIELDS
from ceremony.core.policy import OPEN, PROTECTED, Policy, Quorum
from tests.core.policies.strategies import policies


@given(policies)
def test_the_canonical_form_reads_back_as_the_same_policy(policy):
    written = json.loads(canonical(document_of(policy)))

    assert document_of(from_document(written)) == written
    assert version_of(from_document(written)) == version_of(policy)


@given(policies, policies)
def test_two_policies_have_one_version_only_where_they_ask_for_the_same(one, other):
    same = document_of(one) == document_of(other)

    assert (version_of(one) == version_of(other)) is same


def test_every_field_is_part_of_the_form():
    assert set(document_of(PROTECTED)) == {one.name for one in fields(Policy)} == {*FIELDS, "name"}


def test_the_order_of_quorums_does_not_count_and_an_empty_one_is_none():
    left = replace(OPEN, approvals=(Quorum("dba", 1), Quorum("", 2)))
    right = replace(OPEN, approvals=(Quorum("", 2), Quorum("team", 0), Quorum("dba", 1)))

    assert version_of(left) == version_of(right)


@pytest.mark.parametrize("harm", [{"approvals": 3}, {"separate": ["all"]}, {"windows": [{}]}])
def test_something_else_is_no_policy(harm):
    with pytest.raises((KeyError, TypeError, ValueError)):
        from_document({**document_of(PROTECTED), **harm})


def test_versions_stay():
    """Another version would make every approval stale that was given under the same policy."""
    assert (version_of(OPEN), version_of(PROTECTED)) == (
        "policy1:c7a453e07577d37d8d45ab2db4f1393eb5b78fdc371c11e7301ac9cb4c9b9f60",
        "policy1:7138855b351de5523ded5e6fcf9c139aa0cd6b3d84a4a26e424a4afe25856337",
    )
