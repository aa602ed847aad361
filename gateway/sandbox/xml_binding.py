"""XML request bodies as DataContract reads them: members in alphabetical order, those out of order skipped."""

from datetime import date
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from gateway.sandbox.kpi import NAMESPACE, OPERATION, KpiRequest
from gateway.sandbox.scalars import read_day, read_int32

_CONTRACT = f"{{http://schemas.datacontract.org/2004/07/{NAMESPACE}}}"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_ORDER = ("boosterCustomerId", "transactionDateFrom", "transactionDateTo")


def items_from_xml(body: bytes) -> list[KpiRequest]:
    """Return the items of an array; ValueError when it is none."""
    return [_item(each) for each in _root(body, f"ArrayOf{OPERATION}") if each.tag == _CONTRACT + OPERATION]


def one_from_xml(body: bytes) -> KpiRequest:
    return _item(_root(body, OPERATION))


def _root(body: bytes, name: str) -> Element:
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(name) from error
    if root.tag != _CONTRACT + name:
        raise ValueError(root.tag)
    return root


def _item(element: Element) -> KpiRequest:
    texts = _in_order(element)
    first, last = (_day(texts.get(name)) for name in _ORDER[1:])
    return KpiRequest(_int(texts.get(_ORDER[0])), first, last)


def _in_order(element: Element) -> dict[str, str | None]:
    """Collect members as long as they come in order."""
    found: dict[str, str | None] = {}
    expected = list(_ORDER)
    for child in element:
        name = child.tag.removeprefix(_CONTRACT)
        if name in expected:
            expected = expected[expected.index(name) + 1 :]
            found[name] = None if child.get(_NIL) == "true" else child.text or ""
    return found


def _int(text: str | None) -> int:
    return 0 if text is None else read_int32(text.strip())


def _day(text: str | None) -> date | None:
    return None if text is None else read_day(text.strip())
