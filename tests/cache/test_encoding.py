"""Names and bytes of what is kept in Redis: whatever is read back is what was kept, under the very name."""

import re
from collections.abc import Callable
from datetime import date
from fnmatch import fnmatchcase
from functools import partial
from math import inf

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.cache.encoding import (
    VERSION,
    Names,
    decode_entry,
    decode_moment,
    encode_entry,
    encode_moment,
)
from gateway.cache.policy import Entry
from gateway.domain import CustomerId, KpiKey, Partition, Period
from tests.cache.values import CLOSED, MINE, NOON, OPEN, YOURS, customers, entries, key, keys, kpi, partitions, times

NAME = "customer-kpi:1:upstream:partition:1:2024-01-01/2024-12-31"
ENTRY = Entry(kpi(1), NOON, NOON + 30)
DECODE: list[Callable[[str, bytes], object]] = [
    partial(decode_entry, customer=CustomerId(1)),
    decode_moment,
]
ENCODED = [encode_entry(NAME, ENTRY), encode_moment(NAME, NOON)]


def marks(names: Names, partition: Partition, customer: CustomerId) -> list[str]:
    return [names.vouched(partition), names.dropped(partition), names.refused(partition, customer)]


identities = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")), min_size=1, max_size=6)
upstreams = identities.map(Names.of)
names = st.text(st.characters(codec="utf-8"), max_size=200)
moments = times | st.just(-inf)


def owner(entry: Entry) -> CustomerId:
    return entry.kpi.customer if entry.kpi else CustomerId(1)


@given(name=names, entry=entries)
def test_an_entry_is_read_as_it_was_kept_to_the_last_digit(name: str, entry: Entry) -> None:
    assert decode_entry(name, encode_entry(name, entry), owner(entry)) == entry


def test_a_value_of_another_customer_is_not_read() -> None:
    with pytest.raises(ValueError, match="another customer"):
        decode_entry(NAME, encode_entry(NAME, ENTRY), CustomerId(2))


@given(name=names, at=moments)
def test_a_moment_is_read_as_it_was_kept(name: str, at: float) -> None:
    assert decode_moment(name, encode_moment(name, at)) == at


@given(kept=names, asked=names, entry=entries, at=times)
def test_what_was_kept_under_another_name_is_never_read(kept: str, asked: str, entry: Entry, at: float) -> None:
    assume(kept != asked)
    data = [encode_entry(kept, entry), encode_moment(kept, at)]
    for decode, each in zip(DECODE, data, strict=True):
        with pytest.raises(ValueError, match="of another name"):
            decode(asked, each)


@pytest.mark.parametrize(("decode", "data"), list(zip(DECODE, ENCODED, strict=True)))
def test_no_value_is_read_that_has_lost_its_end(decode: Callable[[str, bytes], object], data: bytes) -> None:
    for length in range(len(data)):
        with pytest.raises(ValueError, match="cannot be read"):
            decode(NAME, data[:length])


@given(data=st.binary(max_size=200))
def test_no_garbage_is_read(data: bytes) -> None:
    for decode in DECODE:
        with pytest.raises(ValueError, match="a kept value"):
            decode(NAME, data)


@given(data=st.data(), byte=st.integers(0, 255))
def test_a_byte_that_was_changed_is_a_wrong_value_at_worst_and_no_other_failure(data: st.DataObject, byte: int) -> None:
    for decode, good in zip(DECODE, ENCODED, strict=True):
        place = data.draw(st.integers(0, len(good) - 1))
        try:
            decode(NAME, good[:place] + bytes([byte]) + good[place + 1 :])
        except ValueError:
            continue


@pytest.mark.parametrize("amount", ["NaN", "-Infinity", "1E+2", "", "1.", "-", "1" * 802, "1\n"])
def test_figures_that_no_kpi_could_have_are_not_read(amount: str) -> None:
    """Whoever wrote them did not write them here."""
    with pytest.raises(ValueError, match="cannot be read"):
        decode_entry(NAME, encode_entry(NAME, replace(ENTRY, kpi=kpi(1, amount=amount))), CustomerId(1))


@given(one=keys, other=keys)
def test_different_keys_have_different_names(one: KpiKey, other: KpiKey) -> None:
    upstream = Names.of(["a"])
    assert (upstream.value(one) == upstream.value(other)) is (one == other)


def test_periods_that_differ_in_one_end_have_different_names() -> None:
    ends = [None, date(2024, 1, 1), date(2024, 12, 31)]
    periods = [Period(first, last) for first in ends for last in ends if not (first and last and first > last)]
    assert len({Names.of(["a"]).value(key(1, period=period)) for period in periods}) == len(periods) == 8


@pytest.mark.parametrize(
    "other", [key(2), key(11), key(1, YOURS), key(1, period=OPEN), key(1, period=Period(CLOSED.first, None))]
)
def test_a_key_that_differs_in_one_thing_has_another_name(other: KpiKey) -> None:
    upstream = Names.of(["a"])
    assert upstream.value(other) != upstream.value(key(1))


@given(one=identities, other=identities, key=keys)
def test_different_upstreams_have_different_names(one: list[str], other: list[str], key: KpiKey) -> None:
    assume(one != other)
    assert Names.of(one).value(key) != Names.of(other).value(key)
    assert Names.of(one).vouched(key.partition) != Names.of(other).vouched(key.partition)
    assert Names.of(one).value(key) == Names.of(list(one)).value(key)


@given(upstream=upstreams, key=keys, partition=partitions, customer=customers)
def test_no_name_is_that_of_two_kinds(upstream: Names, key: KpiKey, partition: Partition, customer: CustomerId) -> None:
    kinds = [upstream.value(key), *marks(upstream, partition, customer)]
    assert len(set(kinds)) == 4


@given(upstream=upstreams, one=partitions, other=partitions, customers=st.tuples(customers, customers))
def test_marks_of_different_partitions_and_customers_have_different_names(
    upstream: Names, one: Partition, other: Partition, customers: tuple[CustomerId, CustomerId]
) -> None:
    assert (upstream.vouched(one) == upstream.vouched(other)) is (one == other)
    assert (upstream.dropped(one) == upstream.dropped(other)) is (one == other)
    mine, yours = (upstream.refused(*each) for each in zip((one, other), customers, strict=True))
    assert (mine == yours) is (one == other and customers[0] == customers[1])


@given(upstream=upstreams, key=keys)
def test_every_name_has_the_version_the_upstream_and_the_partition_in_it(upstream: Names, key: KpiKey) -> None:
    start = f"customer-kpi:{VERSION}:{upstream.upstream}:{key.partition}:"
    made = [upstream.value(key), *marks(upstream, key.partition, key.customer)]
    assert [name.startswith(start) for name in made] == [True] * 4


@given(upstream=upstreams)
def test_an_upstream_is_told_by_a_digest_and_not_by_what_it_is(upstream: Names) -> None:
    assert re.fullmatch(r"[0-9a-f]{16}", upstream.upstream)


@given(upstream=upstreams, key=keys, customer=customers)
def test_a_customers_pattern_matches_its_own_names_and_no_others(
    upstream: Names, key: KpiKey, customer: CustomerId
) -> None:
    for number in {customer, key.customer}:
        matches = partial(fnmatchcase, pat=upstream.pattern(number))
        assert matches(upstream.value(key)) is (number == key.customer)
        assert not any(map(matches, marks(upstream, key.partition, key.customer)))


@pytest.mark.parametrize("customer", [1, 11, 12, 21, 111, 2024, 64])
def test_a_customer_is_not_taken_for_one_whose_number_is_in_its_own(customer: int) -> None:
    pattern = Names.of(["a"]).pattern(CustomerId(customer))
    for number in (1, 11, 12, 21, 111, 2024, 64):
        for period in (OPEN, CLOSED):
            assert fnmatchcase(Names.of(["a"]).value(key(number, period=period)), pattern) is (number == customer)


@given(one=upstreams, other=upstreams, key=keys)
def test_an_upstreams_pattern_matches_all_of_its_values_and_nothing_else(one: Names, other: Names, key: KpiKey) -> None:
    for upstream in (one, other):
        assert fnmatchcase(upstream.value(key), one.pattern()) is (upstream == one)
        assert not any(fnmatchcase(name, one.pattern()) for name in marks(upstream, key.partition, key.customer))


@given(upstream=upstreams, key=keys)
def test_patterns_match_the_names_of_whatever_version(upstream: Names, key: KpiKey) -> None:
    name = upstream.value(key).replace(f":{VERSION}:", ":0:", 1)
    assert fnmatchcase(name, upstream.pattern())
    assert fnmatchcase(name, upstream.pattern(key.customer))


def test_an_entry_takes_few_bytes() -> None:
    assert len(ENCODED[0]) < 80
    assert MINE.encode() not in encode_entry(Names.of(["a"]).value(key(1)), ENTRY)


def test_bytes_of_a_version_never_change() -> None:
    """Whoever changes them changes VERSION too, and what is pinned here."""
    pinned = [
        "95c408fd76f702abd1392ccb41da8bfa50000000cb41da8bfa57800000c3980101010200a531322e3530a3313030a3455552",
        "92c408fd76f702abd1392ccb41da8bfa50000000",
    ]
    assert (VERSION, [data.hex() for data in ENCODED]) == (2, pinned)
