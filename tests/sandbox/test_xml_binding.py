"""XML bodies as DataContract reads them."""

from datetime import date

import pytest

from gateway.sandbox.binding import bind
from gateway.sandbox.failures import PipelineError
from gateway.sandbox.formats import Format
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.kpi import KpiRequest
from gateway.sandbox.routing import Target

NAMESPACE = "http://schemas.datacontract.org/2004/07/Richemont.Booster2.PublicApi.CRM.ServiceModel"
ID = "<boosterCustomerId>5</boosterCustomerId>"
FROM = "<transactionDateFrom>2022-01-01</transactionDateFrom>"
TO = "<transactionDateTo>2022-01-02T00:00:00</transactionDateTo>"
DAYS = (date(2022, 1, 1), date(2022, 1, 2))


def bound(body: str, *, batch: bool = True) -> list[KpiRequest]:
    incoming = Incoming("POST", "/xml/reply/GetCustomerKpi[]", "", body=body.encode())
    return bind(Target("reply", Format.XML, batch=batch), incoming)


def array(*items: str, namespace: str = NAMESPACE) -> str:
    inner = "".join(f"<GetCustomerKpi>{item}</GetCustomerKpi>" for item in items)
    return (
        f'<ArrayOfGetCustomerKpi xmlns="{namespace}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        f"{inner}</ArrayOfGetCustomerKpi>"
    )


@pytest.mark.parametrize(
    ("members", "item"),
    [
        (ID + FROM + TO, KpiRequest(5, *DAYS)),
        (ID, KpiRequest(5)),
        ("", KpiRequest(0)),
        (FROM + ID, KpiRequest(0, DAYS[0])),
        (TO + FROM + ID, KpiRequest(0, None, DAYS[1])),
        (ID + TO + FROM, KpiRequest(5, None, DAYS[1])),
        (ID + "<other>1</other>" + TO, KpiRequest(5, None, DAYS[1])),
        (ID + '<transactionDateFrom i:nil="true" />', KpiRequest(5)),
        ('<boosterCustomerId xmlns="urn:other">5</boosterCustomerId>', KpiRequest(0)),
        ("<boosterCustomerId> 5 </boosterCustomerId>", KpiRequest(5)),
    ],
)
def test_members_out_of_order_are_silently_skipped(members: str, item: KpiRequest) -> None:
    assert bound(array(members)) == [item]


def test_an_array_binds_every_item_in_order() -> None:
    assert bound(array(ID, "", ID)) == [KpiRequest(5), KpiRequest(0), KpiRequest(5)]


def test_a_single_body_binds() -> None:
    assert bound(f'<GetCustomerKpi xmlns="{NAMESPACE}">{ID}</GetCustomerKpi>', batch=False) == [KpiRequest(5)]


@pytest.mark.parametrize(
    "body",
    [
        "<",
        "<ArrayOfGetCustomerKpi/>",
        array(ID, namespace="urn:other"),
        array("<boosterCustomerId>abc</boosterCustomerId>"),
        array("<boosterCustomerId />"),
        array(ID + "<transactionDateFrom>soon</transactionDateFrom>"),
        '<!DOCTYPE a [<!ENTITY e "x">]><ArrayOfGetCustomerKpi>&e;</ArrayOfGetCustomerKpi>',
    ],
)
def test_what_is_no_such_document_is_refused(body: str) -> None:
    with pytest.raises(PipelineError, match="Unable to bind"):
        bound(body)
