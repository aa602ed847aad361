"""What is kept in Redis, under which names and in which bytes.

Every name begins with the version of the bytes under it and with the upstream that they are of, and has a partition in
it. Every value repeats, in short, the name it was kept under: an answer to another question is never taken for its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import TypeVar

import msgspec

from gateway.cache.policy import Entry
from gateway.domain import CustomerId, CustomerKpi, KpiKey, Partition

VERSION = 2
"""Is changed with every change of the bytes or of what they mean."""

_PREFIX = "customer-kpi"
_T = TypeVar("_T", bound="_Checked")


class _Checked(msgspec.Struct, array_like=True, kw_only=True):
    check: bytes


class _Value(_Checked, array_like=True, kw_only=True):
    as_of: float
    end: float
    may_stand_in: bool
    kpi: CustomerKpi | None


class _Moment(_Checked, array_like=True, kw_only=True):
    at: float


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one upstream's values; ``upstream`` tells it from others that share the same Redis."""

    upstream: str

    @classmethod
    def of(cls, identity: Iterable[str]) -> "Names":
        """Return the names of an upstream as it is seen with one kind of credential, from what tells it from others."""
        return cls(blake2b("\n".join(identity).encode(), digest_size=8).hexdigest())

    def value(self, key: KpiKey) -> str:
        days = "/".join(_day(day) for day in (key.period.first, key.period.last))
        return f"{self._start()}:{key.partition}:{key.customer}:{days}"

    def vouched(self, partition: Partition) -> str:
        return f"{self._start()}:{partition}:vouched"

    def dropped(self, partition: Partition) -> str:
        return f"{self._start()}:{partition}:dropped"

    def refused(self, partition: Partition, customer: CustomerId) -> str:
        return f"{self._start()}:{partition}:{customer}:refused"

    def rate(self, what: str, caller: str) -> str:
        return f"{self._start()}:{caller}:{what}"

    def pattern(self, customer: CustomerId | None = None) -> str:
        """Return what the names of all values match, or those of a customer, of whatever version and partition."""
        start = f"{_PREFIX}:*:{self.upstream}"
        return f"{start}:*/*" if customer is None else f"{start}:*:{customer}:*/*"

    def _start(self) -> str:
        return f"{_PREFIX}:{VERSION}:{self.upstream}"


def encode_entry(name: str, entry: Entry) -> bytes:
    return msgspec.msgpack.encode(
        _Value(check=_check(name), as_of=entry.as_of, end=entry.end, may_stand_in=entry.may_stand_in, kpi=entry.kpi)
    )


def decode_entry(name: str, data: bytes, customer: CustomerId) -> Entry:
    """ValueError, as of a moment, for anything but what was kept under this very name."""
    value = _decoded(_Value, name, data)
    if value.kpi and value.kpi.customer != customer:
        raise ValueError("a kept value is of another customer")
    return Entry(value.kpi, value.as_of, value.end, value.may_stand_in)


def encode_moment(name: str, at: float) -> bytes:
    """Write a time in seconds since the epoch."""
    return msgspec.msgpack.encode(_Moment(check=_check(name), at=at))


def decode_moment(name: str, data: bytes) -> float:
    return _decoded(_Moment, name, data).at


def _decoded(kind: type[_T], name: str, data: bytes) -> _T:
    try:
        value = msgspec.msgpack.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise ValueError("a kept value cannot be read") from error
    if value.check != _check(name):
        raise ValueError("a kept value is of another name")
    return value


def _check(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=8).digest()


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
