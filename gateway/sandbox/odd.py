"""The odd customers: the same fixed KPIs whatever the period, for tests of exact digits. Each with what is odd."""

from decimal import Decimal

from gateway.sandbox.kpi import Kpi

_GREATEST = 2**31 - 1

ODDITIES = {
    Kpi(
        customer=123456, transactions=12, sales=14, returns=2, items=17,
        average=Decimal("2150.50"), spending=25806.1, currency="EUR",
    ): "2150.50 and 25806.1: the example of the service's own documentation",
    Kpi(
        customer=900001, transactions=4, sales=4, items=4,
        average=Decimal("2500000000000000.00"), spending=1e16, currency="JPY",
    ): "totalSpendingAmount is written 1E+16",
    Kpi(
        customer=900002, transactions=1, sales=2, items=2,
        average=Decimal("99.90"), spending=99.9,
    ): "no currency",
    Kpi(
        customer=900003, transactions=2, sales=1, returns=1,
        average=Decimal("0.00"), spending=0.0, currency="CHF",
    ): "averageBasketAmount is 0.00",
    Kpi(
        customer=900004, transactions=1, sales=1, items=1,
        average=Decimal("0.00001"), spending=1e-05, currency="USD",
    ): "totalSpendingAmount is written 1E-05",
    Kpi(
        customer=900005, transactions=3, sales=1, returns=4, items=-3,
        average=Decimal("-411.07"), spending=-1233.2, currency="GBP",
    ): "negative amounts: more came back than was sold",
    Kpi(
        customer=900006, transactions=7, sales=9, items=9,
        average=Decimal("17636684144620811.12"), spending=1.2345678901234568e17, currency="EUR",
    ): "totalSpendingAmount has 17 digits and an exponent",
    Kpi(
        customer=_GREATEST, transactions=_GREATEST, sales=_GREATEST, returns=_GREATEST, items=_GREATEST,
        average=Decimal(79228162514264337593543950335), spending=1.7976931348623157e308, currency="EUR",
    ): "the greatest id, and the greatest int in every total",
}  # fmt: skip

ODD = {each.customer: each for each in ODDITIES}
