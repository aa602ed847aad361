"""The published types and their resolvers: one schema, for clients and for the supergraph."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import Enum
from operator import attrgetter
from typing import Annotated, Any, Self, Union, cast

import strawberry
from strawberry.federation.schema import FederationAny, Schema
from strawberry.schema.config import StrawberryConfig

from gateway import domain
from gateway.context import Context
from gateway.errors import BadUserInput, FieldFailure, GatewayError, Unauthenticated
from gateway.many import alone, many, reading
from gateway.scalars import SCALARS, Date, DateTime, Decimal

Info = strawberry.Info[Context | None, None]  # without a context nobody has said who asks


@strawberry.enum(description="How new figures are.")
class Freshness(Enum):
    LIVE = strawberry.enum_value("LIVE", description="The KPI service gave them for this query, or for one beside it.")
    CACHED = strawberry.enum_value("CACHED", description="It gave them a while ago, and they are still taken for new.")
    STALE = strawberry.enum_value(
        "STALE", description="They are the last known ones: the KPI service fails just now. See `asOf`."
    )


def _read(path: str, description: str) -> Any:
    """Declare a field that is read from the source as it is: ``path`` is the attribute's, with dots."""
    read = attrgetter(path)

    def resolve(root: Any) -> Any:
        return read(root)

    return strawberry.field(resolver=resolve, metadata=reading(path), description=description)


@strawberry.type(description="A customer's figures for one period, as the KPI service computed them.")
class CustomerKpi:
    """Is read from a domain.Served that has a KPI."""

    booster_customer_id: int = _read(
        "kpi.customer", "The customer these figures are of: the same number as `Customer.id`."
    )
    total_transaction: int = _read("kpi.total_transaction", "Number of transactions, as the KPI service counts them.")
    total_sales: int = _read("kpi.total_sales", "Number of sales, as the KPI service counts them.")
    total_return: int = _read("kpi.total_return", "Number of returns, as the KPI service counts them.")
    total_items: int = _read("kpi.total_items", "Number of items, as the KPI service counts them.")
    average_basket_amount: Decimal = _read(
        "kpi.average_basket_amount", "The mean amount of a transaction, in `currencyCode`."
    )
    total_spending_amount: Decimal = _read(
        "kpi.total_spending_amount",
        "What the customer spent in all, in `currencyCode`. The KPI service computes it in binary "
        "floating point, so its last digits can carry rounding.",
    )
    currency_code: str | None = _read(
        "kpi.currency_code",
        "The currency of the amounts (ISO 4217, for example `EUR`); null where the KPI service names none.",
    )
    as_of: DateTime = _read(
        "as_of", "When the KPI service gave these figures, to be exact, when it was asked for them."
    )
    freshness: Freshness = _read(
        "freshness", "Whether the figures are just fetched, kept from an earlier query, or kept and past their time."
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


def _kpis(
    context: Context | None, customers: Sequence["Customer"], arguments: Mapping[str, Any]
) -> list[Any] | Awaitable[list[Any]]:
    """Load the KPIs of customers, for one period: a failure stands in its customer's place."""
    days = {name: day for name, day in arguments.items() if day is not None}
    try:
        period = domain.Period.of(days.get("from"), days.get("to"))
    except BadUserInput as error:
        return [FieldFailure(error, {"customerId": customer.id}) for customer in customers]
    if context is None:
        return [FieldFailure(Unauthenticated(), {"customerId": customer.id} | days) for customer in customers]
    partition = context.caller.partition
    keys = [domain.KpiKey(partition, customer.number, period) for customer in customers]
    loaded = context.loader.load_all(keys)
    if isinstance(loaded, list):
        return _told(loaded, customers, days)

    async def told() -> list[Any]:
        return _told(await loaded, customers, days)

    return told()


def _told(
    loaded: Sequence[domain.Served | GatewayError], customers: Sequence["Customer"], days: dict[str, str]
) -> list[Any]:
    """Return for each customer its KPI, None where there is none, or the failure that stood in its way."""
    return [
        FieldFailure(outcome, {"customerId": str(customer.id)} | days)
        if isinstance(outcome, GatewayError)
        else (outcome if outcome.kpi else None)
        for outcome, customer in zip(loaded, customers, strict=True)
    ]


@strawberry.federation.type(
    keys=["id"],
    description="A customer, by id. That an id is well-formed does not say that there is such a customer: "
    "`kpi` is null, without an error, for one that does not exist.",
)
class Customer:
    id: strawberry.ID = strawberry.field(
        description="The customer's number in canonical form: 1 to 2147483647, no sign, no leading zero."
    )
    number: strawberry.Private[domain.CustomerId]

    def __init__(self, id: str, number: domain.CustomerId) -> None:  # noqa: A002  # the published name
        self.id = strawberry.ID(id)
        self.number = number

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the customer of an id; BadUserInput for one that is not canonical."""
        return cls(text, domain.customer_id(text))

    @strawberry.field(
        metadata=many(_kpis, asks=True),
        description="The customer's figures from one day to another. All customers and periods of an operation are "
        "asked for together, and the same customer and period only once, under however many aliases. "
        "Null without an error: there is no such customer. Null with an error: see `extensions.code`.",
    )
    async def kpi(
        self,
        info: Info,
        from_: From = _ABSENT,
        to: To = _ABSENT,
    ) -> CustomerKpi | None:
        days = {name: day for name, day in (("from", from_), ("to", to)) if day is not _ABSENT}
        return cast("CustomerKpi | None", await alone(_kpis, info.context, self, days))


Entity = Annotated[Union[Customer], strawberry.union("_Entity")]  # noqa: UP007  # how a union of one is written


def _each(resolve: Callable[[Any], Any], arguments: Sequence[Any]) -> list[Any]:
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
    return Customer.of(key)


def _customer(_context: Context | None, _parents: Sequence[None], arguments: Mapping[str, Any]) -> list[Any]:
    return [Customer.of(arguments["id"])]


def _customers(_context: Context | None, _parents: Sequence[None], arguments: Mapping[str, Any]) -> list[Any]:
    ids = arguments["ids"]
    numbers = domain.customer_ids(ids)
    return [list(map(Customer, ids, numbers)) if numbers else _each(Customer.of, ids)]


def _entities(_context: Context | None, _parents: Sequence[None], arguments: Mapping[str, Any]) -> list[Any]:
    return [_each(_entity, arguments["representations"])]


@strawberry.type
class Query:
    @strawberry.field(metadata=many(_customer), description="One customer by id.")
    def customer(
        self,
        id: Annotated[  # noqa: A002  # the published name
            strawberry.ID, strawberry.argument(description="1 to 2147483647, no sign, no leading zero.")
        ],
    ) -> Customer | None:
        return Customer.of(id)

    @strawberry.field(
        metadata=many(_customers),
        description="Many customers, in the order of `ids`. A bad id is null with an error at its place; "
        "its neighbours are not touched.",
    )
    def customers(
        self,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Each 1 to 2147483647, no sign, no leading zero; repetition is free."),
        ],
    ) -> list[Customer | None]:
        return _each(Customer.of, ids)

    @strawberry.field(
        name="_entities",
        metadata=many(_entities),
        description="For the router of a federated graph: entities by their keys.",
    )
    def entities(self, representations: list[FederationAny]) -> list[Entity | None]:
        return _each(_entity, representations)


def build_schema() -> Schema:
    """Return the schema; it holds nothing of a request and may serve any number of them."""
    return Schema(query=Query, config=StrawberryConfig(scalar_map=SCALARS), federation_version="2.9")
