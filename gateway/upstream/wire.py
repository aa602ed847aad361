"""What a call looks like on the wire: the service's addresses, its names, and the bodies of its batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from uuid import uuid4

import orjson

from gateway.domain import KpiKey, Period
from gateway.upstream.exchange import Headers

NAMESPACE = "http://schemas.datacontract.org/2004/07/Richemont.Booster2.PublicApi.CRM.ServiceModel"


class Format(StrEnum):
    """How the upstream is asked to write."""

    JSON = "json"
    XML = "xml"

    @property
    def media_type(self) -> str:
        """The one value of Accept that the service reads as this format, and the one it answers with."""
        return f"application/{self}"


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of the service: ``path`` is relative to its base address."""

    method: str
    path: str
    accept: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Headers = ()
    content: bytes | None = None


def single(key: KpiKey, form: Format) -> Call:
    """Ask for one KPI: the id in the path, given days as parameters and absent ones not at all."""
    return Call("GET", f"customer/{key.customer}/kpi", form.media_type, _days(key.period))


def batch(keys: Sequence[KpiKey], form: Format, *, override: bool) -> Call:
    """Ask for many KPIs at once.

    With ``override`` the service takes the POST for a GET: its own method may be a GET only. Then the address is made
    unique, for a service that caches by address would serve one batch's answer to another.
    """
    return Call(
        "POST",
        f"{form}/reply/GetCustomerKpi[]",
        form.media_type,
        {"_": uuid4().hex} if override else {},
        (("Content-Type", form.media_type), *((("X-Http-Method-Override", "GET"),) if override else ())),
        _json(keys) if form is Format.JSON else _xml(keys),
    )


def _days(period: Period) -> dict[str, str]:
    ends = {"transactionDateFrom": period.first, "transactionDateTo": period.last}
    return {name: day.isoformat() for name, day in ends.items() if day}


def _json(keys: Sequence[KpiKey]) -> bytes:
    items = ",".join([_json_item(key.period) for key in keys])
    return f"[{items}]".encode() % tuple([key.customer for key in keys])


@lru_cache(maxsize=1000)
def _json_item(period: Period) -> str:
    """Return an item with a place for its customer: most keys of a batch are of one period."""
    return orjson.dumps({"boosterCustomerId": "%d"} | _days(period)).decode().replace('"%d"', "%d")


def _xml(keys: Sequence[KpiKey]) -> bytes:
    """Write members in the alphabet's order, as DataContract wants; digits and dashes need no escaping."""
    items = (
        f"<GetCustomerKpi><boosterCustomerId>{key.customer}</boosterCustomerId>"
        + "".join(f"<{name}>{day}</{name}>" for name, day in _days(key.period).items())
        + "</GetCustomerKpi>"
        for key in keys
    )
    return f'<ArrayOfGetCustomerKpi xmlns="{NAMESPACE}">{"".join(items)}</ArrayOfGetCustomerKpi>'.encode()
