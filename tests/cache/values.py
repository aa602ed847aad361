"""Values to keep, the strategies that draw all of them, and a clock that is moved by hand."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from gateway.cache.policy import Entry, Policy
from gateway.domain import INT32_MAX, CustomerId, CustomerKpi, Fetched, KpiKey, Partition, Period

NOON = 1_781_524_800.0  # 2026-06-15
DAY = 86_400.0

MINE, YOURS = Partition("a" * 64), Partition("b" * 64)
CLOSED = Period(date(2024, 1, 1), date(2024, 12, 31))
OPEN = Period(None, None)

POLICY = Policy(ttl=30, closed_ttl=3600, settle_days=7, stale=300, vouched=60)


@dataclass
class Clock:
    now: float = NOON

    def __call__(self) -> float:
        return self.now


def key(customer: int, partition: Partition = MINE, period: Period = CLOSED) -> KpiKey:
    return KpiKey(partition, CustomerId(customer), period)


def kpi(customer: int, items: int = 0, amount: str = "12.50", currency: str | None = "EUR") -> CustomerKpi:
    """Return figures that tell whose they are."""
    return CustomerKpi(CustomerId(customer), customer, 1, 2, items, amount, "100", currency)


def fetched(customer: int, as_of: float = NOON, items: int = 0, max_age: float | None = None) -> Fetched:
    return Fetched(kpi(customer, items), as_of, max_age=max_age)


times = st.integers(0, 4_000_000_000_000).map(lambda milliseconds: milliseconds / 1000)
spans = st.integers(0, 10_000_000_000).map(lambda milliseconds: milliseconds / 1000)
customers = st.integers(1, INT32_MAX).map(CustomerId)
partitions = st.just(Partition("gateway")) | st.text("0123456789abcdef", min_size=16, max_size=64).map(Partition)
days = st.none() | st.dates(date(2000, 1, 1), date(2030, 12, 31)) | st.dates()
periods = st.tuples(days, days).map(lambda ends: Period(*(ends if None in ends else sorted(ends, key=str))))
keys = st.builds(KpiKey, partitions, customers, periods)
counts = st.integers(-INT32_MAX - 1, INT32_MAX)
amounts = st.builds(
    lambda sign, digits, exponent: format(Decimal((sign, digits, exponent)), "f"),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=400).map(tuple),
    st.integers(-400, 400),
)
currencies = st.none() | st.text(max_size=16)
kpis = st.builds(CustomerKpi, customers, counts, counts, counts, counts, amounts, amounts, currencies)
entries = st.builds(Entry, st.none() | kpis, times, times, st.booleans())
figures = st.sampled_from([None, kpi(1)])
lives = st.builds(Entry, figures, times, times, st.booleans())
policies = st.builds(
    Policy,
    ttl=spans,
    closed_ttl=spans,
    settle_days=st.integers(0, 3660),
    stale=spans,
    vouched=st.none() | spans,
    longest=spans,
)
answers = st.builds(Fetched, figures, times, max_age=st.none() | spans, may_stand_in=st.booleans())
