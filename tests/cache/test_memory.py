"""The memory of one process: what it finds, and what it never finds again."""

from math import inf

import hypothesis
from hypothesis import strategies as st

from gateway.cache.memory import Memory, Standing
from gateway.cache.policy import Entry
from gateway.domain import CustomerId, KpiKey, Partition
from tests.cache.values import MINE, OPEN, YOURS, key, kpi

MOST_REFUSED = 10_000


def entry(customer: int, as_of: float, items: int = 0) -> Entry:
    return Entry(kpi(customer, items), as_of, as_of + 30)


def vouched_for(*partitions: Partition, at: float = 1, size: int = 100) -> Memory:
    memory = Memory(size)
    for partition in partitions:
        assert memory.vouch(partition, at)
    return memory


def keeping(*keys: KpiKey, as_of: float = 1, size: int = 100) -> Memory:
    """Return a memory that keeps a value of that time for each key."""
    memory = vouched_for(*dict.fromkeys(each.partition for each in keys), size=size)
    for each in keys:
        assert memory.keep(each, entry(each.customer, as_of), as_of)
    return memory


def found(memory: Memory, *keys: KpiKey) -> list[KpiKey]:
    return [each for each in keys if memory.find(each)]


def test_a_value_is_found_under_its_own_key_alone() -> None:
    memory = keeping(key(1))
    memory.vouch(YOURS, 1)
    kept = memory.find(key(1))
    assert kept
    assert (kept.entry, kept.known, kept.renewal) == (entry(1, 1), 1, 25)
    assert found(memory, key(2), key(1, YOURS), key(1, period=OPEN)) == []


def test_nothing_is_kept_for_a_partition_that_nobody_vouched_for() -> None:
    memory = vouched_for(YOURS)
    assert not memory.keep(key(1), entry(1, 1), 1)
    assert found(memory, key(1)) == []
    assert memory.standing(MINE) is None


def test_at_most_so_many_values_are_kept_and_what_was_not_used_for_longest_goes_first() -> None:
    memory = keeping(key(1), key(2), key(3), size=3)
    memory.find(key(1))
    memory.keep(key(4), entry(4, 1), 1)
    assert found(memory, *map(key, range(1, 5))) == [key(1), key(3), key(4)]


def test_a_thousand_values_are_never_more_than_there_is_room_for() -> None:
    memory = keeping(*map(key, range(1, 1001)), size=10)
    assert found(memory, *map(key, range(1, 1001))) == [key(number) for number in range(991, 1001)]


def test_a_partition_that_is_forgotten_leaves_no_value_alive() -> None:
    memory = keeping(key(1), size=2)
    memory.vouch(YOURS, 1)
    memory.vouch(Partition("c" * 64), 1)
    assert memory.standing(MINE) is None
    assert found(memory, key(1)) == []


def test_a_partition_that_is_vouched_for_anew_after_it_was_forgotten_begins_with_nothing() -> None:
    memory = keeping(key(1), size=2)
    for partition in (YOURS, Partition("c" * 64), MINE):
        memory.vouch(partition, 1)
    assert memory.standing(MINE)
    assert found(memory, key(1)) == []
    assert memory.keep(key(1), entry(1, 1), 1)
    assert found(memory, key(1)) == [key(1)]


def test_a_partition_whose_values_are_used_is_not_forgotten() -> None:
    memory = keeping(key(1), size=2)
    memory.vouch(YOURS, 1)
    memory.find(key(1))
    memory.vouch(Partition("c" * 64), 1)
    assert found(memory, key(1)) == [key(1)]


def test_the_newest_value_wins_whichever_came_last() -> None:
    memory = keeping(key(1), as_of=5)
    assert not memory.keep(key(1), entry(1, 4, items=4), 9)
    assert memory.keep(key(1), entry(1, 6, items=6), 9)
    kept = memory.find(key(1))
    assert kept
    assert (kept.entry, kept.known) == (entry(1, 6, items=6), 9)


def test_a_value_that_is_kept_once_more_is_known_anew_and_still_under_renewal() -> None:
    memory = keeping(key(1))
    kept = memory.find(key(1))
    assert kept
    kept.renewal = inf
    for as_of, renewal in ((1, inf), (2, 26)):
        assert memory.keep(key(1), entry(1, as_of), 7)
        again = memory.find(key(1))
        assert again
        assert (again.known, again.renewal) == (7, renewal)


def test_a_value_is_forgotten_and_its_neighbours_are_not() -> None:
    memory = keeping(key(1), key(2))
    for each in (key(1), key(3)):
        memory.forget(each)
    assert found(memory, key(1), key(2)) == [key(2)]


def test_a_drop_takes_all_of_a_partition_and_nothing_of_another() -> None:
    memory = keeping(key(1), key(2, period=OPEN), key(1, YOURS))
    assert memory.drop(MINE, 1)
    assert found(memory, key(1), key(2, period=OPEN), key(1, YOURS)) == [key(1, YOURS)]
    assert [memory.standing(partition) is not None for partition in (MINE, YOURS)] == [True, True]


def test_a_refusal_takes_all_of_a_customer_and_nothing_of_another() -> None:
    memory = keeping(key(1), key(1, period=OPEN), key(2), key(1, YOURS))
    assert memory.refuse(MINE, CustomerId(1), 1)
    assert found(memory, key(1), key(1, period=OPEN), key(2), key(1, YOURS)) == [key(2), key(1, YOURS)]


def test_a_refusal_leaves_the_caller_vouched_for_and_a_drop_does_not() -> None:
    memory = vouched_for(MINE, YOURS, at=5)
    memory.refuse(MINE, CustomerId(1), 6)
    memory.drop(YOURS, 6)
    standings = [memory.standing(partition) for partition in (MINE, YOURS)]
    assert [standing and standing.vouched for standing in standings] == [5, -inf]


def test_what_comes_late_is_neither_kept_nor_does_it_vouch() -> None:
    memory = vouched_for(MINE)
    memory.drop(MINE, 5)
    assert not memory.vouch(MINE, 5)
    assert not memory.keep(key(1), entry(1, 5), 6)
    assert found(memory, key(1)) == []
    assert memory.vouch(MINE, 5.001)
    assert memory.keep(key(1), entry(1, 5.001), 6)


def test_what_comes_late_of_a_refused_customer_is_not_kept() -> None:
    memory = vouched_for(MINE)
    memory.refuse(MINE, CustomerId(1), 5)
    assert not memory.keep(key(1), entry(1, 5), 6)
    assert memory.keep(key(2), entry(2, 5), 6)
    assert memory.keep(key(1), entry(1, 5.001), 6)


def test_a_drop_or_refusal_of_long_ago_changes_nothing() -> None:
    memory = keeping(key(1), as_of=5)
    memory.vouch(MINE, 5)
    for at in (4, 3):
        memory.drop(MINE, at)
        memory.refuse(MINE, CustomerId(1), at)
    assert found(memory, key(1)) == [key(1)]
    standing = memory.standing(MINE)
    assert standing
    assert (standing.vouched, standing.dropped, standing.refused) == (5, 4, {1: 4})


def test_nothing_is_remembered_of_refusals_to_strangers() -> None:
    memory = Memory(100)
    assert not memory.drop(MINE, 5)
    assert not memory.refuse(MINE, CustomerId(1), 5)
    assert memory.standing(MINE) is None


def test_with_one_refused_customer_too_many_goes_the_oldest_and_what_is_as_old() -> None:
    other, new = key(MOST_REFUSED + 5), key(MOST_REFUSED + 6)
    memory = keeping(other, key(5, YOURS))
    for number in range(1, MOST_REFUSED + 1):
        memory.refuse(MINE, CustomerId(number), 2)
    memory.refuse(MINE, CustomerId(1), 4)
    memory.keep(new, entry(new.customer, 3), 3)
    assert found(memory, other, new) == [other, new]
    memory.refuse(MINE, CustomerId(MOST_REFUSED + 1), 5)
    assert found(memory, other, new, key(5, YOURS)) == [new, key(5, YOURS)]
    assert not memory.keep(key(1), entry(1, 4), 5)  # the refusal that came again is remembered
    assert not memory.keep(key(2), entry(2, 2), 5)


def test_no_more_refused_customers_are_remembered_than_there_is_room_for() -> None:
    memory = vouched_for(MINE)
    for number in range(1, 2 * MOST_REFUSED):
        memory.refuse(MINE, CustomerId(number), number)
    standing = memory.standing(MINE)
    assert standing
    assert len(standing.refused) == MOST_REFUSED


@hypothesis.given(
    as_of=st.integers(0, 5),
    dropped=st.integers(0, 5),
    refused=st.none() | st.integers(0, 5),
    customer=st.integers(1, 2),
)
def test_a_standing_covers_what_is_newer_than_the_drop_and_the_refusal(
    as_of: int, dropped: int, refused: int | None, customer: int
) -> None:
    standing = Standing(dropped=dropped, refused={} if refused is None else {CustomerId(1): refused})
    is_refused = customer == 1 and refused is not None and as_of <= refused
    assert standing.covers(CustomerId(customer), as_of) is (as_of > dropped and not is_refused)


def test_vouching_is_renewed_once_until_it_is_newer() -> None:
    standing = Standing()
    assert not standing.is_new
    for vouched in (5, 7):
        standing.vouched = vouched
        assert standing.is_new
        standing.begin_renewal()
        assert not standing.is_new


def test_the_oldest_refusal_that_is_forgotten_moves_no_drop_back() -> None:
    memory = vouched_for(MINE)
    memory.drop(MINE, 10)
    for number in range(1, MOST_REFUSED + 2):
        memory.refuse(MINE, CustomerId(number), 5)
    assert not memory.keep(key(50_000), entry(50_000, 7), 11)
