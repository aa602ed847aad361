"""The published types and their resolvers: one schema, for clients and for the supergraph."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, NewType, Self, Union, cast

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema import FederationAny, Schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.scalar import ScalarDefinition

from gateway import domain
from gateway.context import Context
from gateway.errors import BadUserInput, FieldFailure, GatewayError, Unauthenticated

Info = strawberry.Info[Context | None, None]  # without a context nobody has said who asks
Date = NewType("Date", str)


def _date(value: object) -> Date:
    """Take any text: whether it is a day is judged at the field, so that a bad one harms no neighbour."""
    if isinstance(value, str):
        return Date(value)
    raise GraphQLError("A Date is a string: yyyy-mm-dd.")


@strawberry.enum(description="How new figures are.")
class Freshness(Enum):
    LIVE = strawberry.enum_value("LIVE", description="The KPI service gave them for this query, or for one beside it.")
    CACHED = strawberry.enum_value("CACHED", description="It gave them a while ago, and they are still taken for new.")
    STALE = strawberry.enum_value(
        "STALE", description="They are the last known ones: the KPI service fails just now. See `asOf`."
    )


SCALARS: dict[object, ScalarDefinition] = {
    Date: strawberry.scalar(
        name="Date",
        description='A calendar day as "yyyy-mm-dd", for example "2023-11-01". Nothing else is read as a day: '
        "no time, no other order, no day that the calendar does not have.",
        parse_value=_date,
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description='A decimal number as a string in plain notation, with the digits the KPI service sent: "2150.50", '
        "never an exponent. Read it with a decimal type; a float would lose digits.",
        serialize=lambda amount: format(amount, "f"),
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description='A moment as RFC 3339 writes it, in UTC with milliseconds: "2026-11-24T09:00:00.000Z".',
        serialize=lambda moment: moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    ),
}


@strawberry.type(description="A customer's figures for one period, as the KPI service computed them.")
class CustomerKpi:
    booster_customer_id: int = strawberry.field(
        description="The customer these figures are of: the same number as `Customer.id`."
    )
    total_transaction: int = strawberry.field(description="Number of transactions, as the KPI service counts them.")
    total_sales: int = strawberry.field(description="Number of sales, as the KPI service counts them.")
    total_return: int = strawberry.field(description="Number of returns, as the KPI service counts them.")
    total_items: int = strawberry.field(description="Number of items, as the KPI service counts them.")
    average_basket_amount: Decimal = strawberry.field(
        description="The mean amount of a transaction, in `currencyCode`."
    )
    total_spending_amount: Decimal = strawberry.field(
        description="What the customer spent in all, in `currencyCode`. The KPI service computes it in binary "
        "floating point, so its last digits can carry rounding."
    )
    currency_code: str | None = strawberry.field(
        description="The currency of the amounts (ISO 4217, for example `EUR`); null where the KPI service names none."
    )

    as_of: datetime = strawberry.field(
        description="When the KPI service gave these figures, to be exact, when it was asked for them."
    )
    freshness: Freshness = strawberry.field(
        description="Whether the figures are just fetched, kept from an earlier query, or kept and past their time."
    )

    @classmethod
    def of(cls, kpi: domain.CustomerKpi, served: domain.Served) -> Self:
        return cls(
            booster_customer_id=kpi.customer,
            total_transaction=kpi.total_transaction,
            total_sales=kpi.total_sales,
            total_return=kpi.total_return,
            total_items=kpi.total_items,
            average_basket_amount=kpi.average_basket_amount,
            total_spending_amount=kpi.total_spending_amount,
            currency_code=kpi.currency_code,
            as_of=datetime.fromtimestamp(served.as_of, UTC),
            freshness=Freshness[served.freshness],
        )


_ABSENT = cast("None", strawberry.UNSET)  # so that the published argument has no default

From = Annotated[
    Date | None,
    strawberry.argument(name="from", description="The first day. Without it: from the customer's beginning."),
]
To = Annotated[
    Date | None,
    strawberry.argument(
        description="The last day, not before `from`. Without it: until now. "
        "Whether the last day itself counts is the KPI service's to say."
    ),
]


@strawberry.federation.type(
    keys=["id"],
    description="A customer, by id. That an id is well-formed does not say that there is such a customer: "
    "`kpi` is null, without an error, for one that does not exist.",
)
class Customer:
    number: strawberry.Private[domain.CustomerId]

    @strawberry.field(description="The customer's number in canonical form: 1 to 2147483647, no sign, no leading zero.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(str(self.number))

    @strawberry.field(
        description="The customer's figures from one day to another. All customers and periods of an operation are "
        "asked for together, and the same customer and period only once, under however many aliases. "
        "Null without an error: there is no such customer. Null with an error: see `extensions.code`."
    )
    async def kpi(
        self,
        info: Info,
        from_: From = _ABSENT,
        to: To = _ABSENT,
    ) -> CustomerKpi | None:
        concerns = {"customerId": str(self.number)}
        try:
            days = {name: day for name, day in (("from", from_), ("to", to)) if day is not None and day is not _ABSENT}
            period = domain.Period.of(days.get("from"), days.get("to"))
            concerns |= days
            served = await _load(info.context, self.number, period)
        except GatewayError as error:
            raise FieldFailure(error, concerns) from error
        return CustomerKpi.of(served.kpi, served) if served.kpi else None


Entity = Annotated[Union[Customer], strawberry.union("_Entity")]  # noqa: UP007  # how a union of one is written


@strawberry.type
class Query:
    @strawberry.field(description="One customer by id.")
    def customer(
        self,
        id: Annotated[  # noqa: A002  # the published name
            strawberry.ID, strawberry.argument(description="1 to 2147483647, no sign, no leading zero.")
        ],
    ) -> Customer | None:
        return Customer(number=domain.customer_id(id))

    @strawberry.field(
        description="Many customers, in the order of `ids`. A bad id is null with an error at its place; "
        "its neighbours are not touched."
    )
    def customers(
        self,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Each 1 to 2147483647, no sign, no leading zero; repetition is free."),
        ],
    ) -> list[Customer | None]:
        return _each(lambda id_: Customer(number=domain.customer_id(id_)), ids)

    @strawberry.field(name="_entities", description="For the router of a federated graph: entities by their keys.")
    def entities(self, representations: list[FederationAny]) -> list[Entity | None]:
        return _each(_entity, representations)


def build_schema() -> Schema:
    """Return the schema; it holds nothing of a request and may serve any number of them."""
    return Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS))


async def _load(context: Context | None, number: domain.CustomerId, period: domain.Period) -> domain.Served:
    if context is None:
        raise Unauthenticated
    return await context.loader.load(domain.KpiKey(context.caller.partition, number, period))


def _each(resolve: Any, arguments: Sequence[Any]) -> list[Any]:
    """Resolve each for itself: GraphQL takes an exception in a list for the failure of its place."""

    def outcome(argument: Any) -> Any:
        try:
            return resolve(argument)
        except BadUserInput as error:
            return error

    return [outcome(argument) for argument in arguments]


def _entity(representation: object) -> Customer:
    if not isinstance(representation, Mapping) or representation.get("__typename") != "Customer":
        raise BadUserInput('A representation needs "__typename": "Customer".')
    key = representation.get("id")
    if not isinstance(key, str):
        raise BadUserInput('A representation of a Customer needs an "id" that is a string.')
    return Customer(number=domain.customer_id(key))
