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

OVERRIDE = ("X-Http-Method-Override", "GET")
_SINGLE = "customer/{boosterCustomerId}/kpi"


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
    """What is asked of the service: ``path`` is relative to its base address.

    It is of so many ``items``, ``asked`` for so many times before. ``template``: the path without whom it is about.
    """

    method: str
    path: str
    accept: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Headers = ()
    content: bytes | None = None
    template: str = ""
    items: int = 1
    asked: int = 0


def single(key: KpiKey, form: Format, *, asked: int = 0) -> Call:
    """Ask for one KPI: the id in the path, given days as parameters and absent ones not at all."""
    path, params = f"customer/{key.customer}/kpi", _days(key.period)
    return Call("GET", path, form.media_type, params, template=_SINGLE, asked=asked)


def batch(keys: Sequence[KpiKey], form: Format, *, override: bool, asked: int = 0) -> Call:
    """Ask for many KPIs at once.

    With ``override`` the service takes the POST for a GET: its own method may be a GET only. Then the address is made
    unique, for a service that caches by address would serve one batch's answer to another.
    """
    path = f"{form}/reply/GetCustomerKpi[]"
    return Call(
        "POST",
        path,
        form.media_type,
        {"_": uuid4().hex} if override else {},
        (("Content-Type", form.media_type), *((OVERRIDE,) if override else ())),
        _json(keys) if form is Format.JSON else _xml(keys),
        path,
        len(keys),
        asked,
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
