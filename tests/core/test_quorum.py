from itertools import permutations

from hypothesis import given

from ceremony.core.policy import Quorum
from ceremony.core.quorum import Seats, Signer, is_complete, seated, shown
from tests.core.policies.strategies import quorums, signers

DBA, TEAM, ANYBODY = Quorum("dba", 1), Quorum("team", 1), Quorum("", 1)


def person(name: str, *groups: str) -> Signer:
    return Signer(name, frozenset(groups))


def test_nobody_asked_is_complete():
    assert is_complete((), [])
    assert seated((), [person("ada")]) == ()


def test_one_person_takes_one_seat():
    both = person("ada", "dba", "team")

    assert not is_complete((DBA, TEAM), [both])
    assert not is_complete((Quorum("", 2),), [both])
    assert not is_complete((Quorum("", 2),), [both, both])


def test_whoever_fits_one_seat_alone_gets_it():
    both, one = person("ada", "dba", "team"), person("ben", "dba")

    assert seated((DBA, TEAM), [both, one]) == (Seats(DBA, ("ben",)), Seats(TEAM, ("ada",)))
    assert seated((ANYBODY, DBA), [one, person("eve")]) == (
        Seats(ANYBODY, ("eve",)),
        Seats(DBA, ("ben",)),
    )


def test_what_is_missing_is_told():
    seats = seated((Quorum("dba", 2), ANYBODY), [person("eve"), person("ben", "dba")])

    assert [one.missing for one in seats] == [1, 0]
    assert [shown(one.quorum) for one in seats] == ["2 of dba", "1 of those who may sign"]


@given(quorums, signers)
def test_as_many_seats_are_taken_as_can_be(asked, people):
    seats = [quorum.group for quorum in asked for _ in range(quorum.count)]
    taken = sum(len(one.taken) for one in seated(asked, people))

    assert taken == best(seats, people)


def best(seats: list[str], people: list[Signer]) -> int:
    """The largest number of seats that can be taken, found the slow way."""
    if not seats or not people:
        return 0
    first, rest = people[0], people[1:]
    found = best(seats, rest)
    for group in set(seats):
        if first.may_sit(group):
            left = list(seats)
            left.remove(group)
            found = max(found, 1 + best(left, rest))
    return found


@given(quorums, signers)
def test_nobody_sits_twice_or_where_he_may_not(asked, people):
    groups = {one.name: one for one in people}
    found = seated(asked, people)
    sitting = [name for one in found for name in one.taken]

    assert len(sitting) == len(set(sitting))
    assert all(groups[n].may_sit(one.quorum.group) for one in found for n in one.taken)


@given(quorums, signers)
def test_another_signature_never_undoes_a_quorum(asked, people):
    if is_complete(asked, people):
        assert is_complete(asked, [*people, person("late", "team")])


def test_the_order_of_signatures_does_not_count():
    people = [person("ada", "dba", "team"), person("ben", "dba"), person("eve")]

    found = {is_complete((DBA, TEAM, ANYBODY), order) for order in permutations(people)}

    assert found == {True}
