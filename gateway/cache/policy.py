"""How long a value lives, when it is renewed, when it stands in, and how long a caller is vouched for. Pure.

All times are in seconds since the epoch, all spans in seconds.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from msgspec import Struct

from gateway.domain import CustomerKpi, Fetched, Period

SKEW = 2.0
"""How far clocks may differ, or one be set back: what is from further ahead counts for nothing."""

_DAY = 86_400  # seconds
_EPOCH = date(1970, 1, 1).toordinal()
_RENEWED = 0.8  # of a life; in the rest of it a value is fetched anew behind the answers


class Entry(Struct, frozen=True, gc=False):
    """A value as it is kept: None for a customer that does not exist. It lives from ``as_of`` until ``end``."""

    kpi: CustomerKpi | None
    as_of: float
    end: float
    may_stand_in: bool = True

    def is_alive(self, now: float) -> bool:
        return self.as_of - SKEW <= now < self.end

    @property
    def renewal(self) -> float:
        """Return when it is time to fetch it anew, behind the answer."""
        return self.as_of + _RENEWED * (self.end - self.as_of)


@dataclass(frozen=True, slots=True)
class Policy:
    """Lives: ``ttl`` of open periods and unknown customers, ``closed_ttl`` of periods that ended ``settle_days`` ago.

    ``stale``: how long past its end a value may stand in for a failing upstream. ``vouched``: how long an answer of
    the upstream vouches for the credential that got it; None where the gateway's own opens the upstream. ``longest``:
    of all lives, whatever the upstream allows; with 0 nothing is kept.
    """

    ttl: float
    closed_ttl: float
    settle_days: int
    stale: float
    vouched: float | None
    longest: float = 86_400.0

    def entry(self, fetched: Fetched, period: Period) -> Entry | None:
        """Return the value as it is to be kept; None when it is not."""
        life = min(self._ttl(fetched, period) if fetched.max_age is None else fetched.max_age, self.longest)
        return Entry(fetched.kpi, fetched.as_of, fetched.as_of + life, fetched.may_stand_in) if life > 0 else None

    def is_closed(self, period: Period, today: date) -> bool:
        """Whether a period ended so long ago that its figures are settled."""
        return period.last is not None and period.last < today - timedelta(days=self.settle_days)

    def may_stand_in(self, entry: Entry, vouched_at: float, now: float) -> bool:
        """Whether a value may be shown when the upstream fails, to one last vouched for at that time."""
        if not entry.as_of - SKEW <= now < self.kept_until(entry):
            return False
        return self.vouched is None or vouched_at - SKEW <= now < vouched_at + self.stale

    def kept_until(self, entry: Entry) -> float:
        """Return when a value is of no use any longer, not even to stand in."""
        return entry.end + self.stale if entry.may_stand_in else entry.end

    def is_vouched(self, vouched_at: float, now: float) -> bool:
        """Whether values may be shown to one last vouched for at that time."""
        return self.vouched is None or vouched_at - SKEW <= now < vouched_at + self.vouched

    def vouched_until(self, vouched_at: float) -> float:
        """Return until when values may be shown to one last vouched for at that time."""
        return float("inf") if self.vouched is None else vouched_at + self.vouched

    def is_vouching_ageing(self, vouched_at: float, now: float) -> bool:
        """Whether it is time to have a caller vouched for anew, behind the answer."""
        if not self.vouched:  # where it is 0 each operation asks for something anyway
            return False
        return now >= vouched_at + _RENEWED * self.vouched

    @property
    def keeps_nothing(self) -> bool:
        return self.longest <= 0

    @property
    def longest_use(self) -> float:
        """Return for how long anything can be of use."""
        return self.longest + self.stale

    def _ttl(self, fetched: Fetched, period: Period) -> float:
        today = date.fromordinal(_EPOCH + int(fetched.as_of // _DAY))  # in UTC
        if fetched.kpi is None or not self.is_closed(period, today):
            return self.ttl
        return self.closed_ttl


NOTHING_KEPT = Policy(ttl=0, closed_ttl=0, settle_days=0, stale=0, vouched=None, longest=0)
