"""From a request to the items it asks for: strict for path, query and form, lenient for a JSON body."""

import json
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from gateway.sandbox.failures import SERIALIZATION, FieldFault, PipelineError
from gateway.sandbox.formats import Format
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.kpi import OPERATION, KpiRequest
from gateway.sandbox.routing import Target
from gateway.sandbox.scalars import read_day, read_int32
from gateway.sandbox.xml_binding import items_from_xml, one_from_xml

_MEMBERS = {
    "boostercustomerid": ("customer", "boosterCustomerId"),
    "transactiondatefrom": ("first", "transactionDateFrom"),
    "transactiondateto": ("last", "transactionDateTo"),
}
Shape = TypeVar("Shape", list[object], dict[str, object])

_FORM = "application/x-www-form-urlencoded"


def bind(target: Target, incoming: Incoming) -> list[KpiRequest]:
    """Return what is asked for; raises the 400 of a request that cannot be bound."""
    if not target.known:
        return []
    body = incoming.counted_body
    if target.batch:
        return _batch(body, target.asked)
    form = (incoming.header("content-type") or "").startswith(_FORM)
    start = KpiRequest() if form or not body else _one(body, target.asked)
    pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True) if form else []
    path = [("boosterCustomerId", target.path_id)] if target.path_id is not None else []
    return [strict(start, path, incoming.query, pairs)]


def strict(start: KpiRequest, *sources: Iterable[tuple[str, str]]) -> KpiRequest:
    """Bind members by name, a later source over an earlier one; each value that is none is a field fault."""
    faults: list[FieldFault] = []
    bound = start._asdict()
    for name, text in _merged(sources).items():
        member, declared = _MEMBERS[name]
        try:
            bound[member] = _reader(member)(text)
        except ValueError:
            faults.append(FieldFault(declared, text))
    if faults:
        raise _unbindable(*faults)
    return KpiRequest(**bound)


def _merged(sources: Iterable[Iterable[tuple[str, str]]]) -> dict[str, str]:
    """Join repeated names with commas; leave out what is empty and what is no member."""
    merged: dict[str, str] = {}
    for source in sources:
        here: dict[str, list[str]] = {}
        for name, text in source:
            if text and name.lower() in _MEMBERS:
                here.setdefault(name.lower(), []).append(text)
        merged |= {name: ",".join(texts) for name, texts in here.items()}
    return {name: merged[name] for name in _MEMBERS if name in merged}


def lenient(members: object) -> KpiRequest:
    """Bind a JSON object; what cannot be read keeps its default."""
    if not isinstance(members, dict):
        return KpiRequest()
    bound: dict[str, Any] = {}
    for name, value in members.items():
        if name.lower() in _MEMBERS and isinstance(value, str):
            member = _MEMBERS[name.lower()][0]
            try:
                bound[member] = _reader(member)(value)
            except ValueError:
                continue
    return KpiRequest(**bound)


def _reader(member: str) -> Callable[[str], int | date]:
    return read_int32 if member == "customer" else read_day


def _batch(body: bytes, asked: Format | None) -> list[KpiRequest]:
    if not body:
        return []
    try:
        if asked is Format.XML:
            return items_from_xml(body)
        return [lenient(each) for each in _json(body, list)]
    except (ValueError, RecursionError) as error:
        raise _unbindable() from error


def _one(body: bytes, asked: Format | None) -> KpiRequest:
    try:
        return one_from_xml(body) if asked is Format.XML else lenient(_json(body, dict))
    except (ValueError, RecursionError) as error:
        raise _unbindable() from error


def _json(body: bytes, shape: type[Shape]) -> Shape:
    """Parse with every number as its text."""
    parsed = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    if not isinstance(parsed, shape):
        raise ValueError(shape.__name__)  # noqa: TRY004  # unparsable, like any other text that is not the shape
    return parsed


def _unbindable(*faults: FieldFault) -> PipelineError:
    return PipelineError(400, SERIALIZATION, f"Unable to bind to request '{OPERATION}'", fields=faults)
