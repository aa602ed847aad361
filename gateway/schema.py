"""The published types and their resolvers: one schema, for clients and for the supergraph."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Self, Union, cast

import strawberry
from strawberry.schema.config import StrawberryConfig

from gateway import domain, representations
from gateway.context import Context
from gateway.errors import BadUserInput, FieldFailure, GatewayError, Unauthenticated
from gateway.federation import Federation
from gateway.figures import CustomerKpi
from gateway.many import alone, many
from gateway.scalars import SCALARS, Date, Representation

Info = strawberry.Info[Context | None, None]  # without a context nobody has said who asks


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


@strawberry.type(
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

    @classmethod
    def all_of(cls, ids: Sequence[str]) -> "list[Self | BadUserInput]":
        """Return the customer of each id, or why it has none."""
        numbers = domain.customer_ids(ids)
        return list(map(cls, ids, numbers)) if numbers else _each(cls.of, ids)

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


def _customer(context: Context | None, _parents: Sequence[None], arguments: Mapping[str, Any]) -> list[Any]:
    found = Customer.of(arguments["id"])
    if context and context.tags:
        context.tags.customers([found.id])
    return [found]


def _customers(context: Context | None, _parents: Sequence[None], arguments: Mapping[str, Any]) -> list[Any]:
    found = Customer.all_of(arguments["ids"])
    if context and context.tags:
        context.tags.customers(each.id for each in found if isinstance(each, Customer))
    return [found]


def _entities(context: Context | None, _parents: Sequence[None], arguments: Mapping[str, Any]) -> list[Any]:
    given = arguments["representations"]
    ids = representations.ids(given)
    found = Customer.all_of(ids) if ids else _each(lambda each: Customer.of(representations.id_of(each)), given)
    if context and context.tags:
        context.tags.entities(each.id if isinstance(each, Customer) else None for each in found)
    return [found]


@strawberry.type(name="_Service")
class Service:
    sdl: str


@strawberry.type
class Query:
    @strawberry.field(metadata=many(_customer), description="One customer by id.")
    def customer(
        self,
        info: Info,
        id: Annotated[  # noqa: A002  # the published name
            strawberry.ID, strawberry.argument(description="1 to 2147483647, no sign, no leading zero.")
        ],
    ) -> Customer | None:
        return cast("Customer", _customer(info.context, [None], {"id": id})[0])

    @strawberry.field(
        metadata=many(_customers),
        description="Many customers, in the order of `ids`. A bad id is null with an error at its place; "
        "its neighbours are not touched.",
    )
    def customers(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="Each 1 to 2147483647, no sign, no leading zero; repetition is free."),
        ],
    ) -> list[Customer | None]:
        return cast("list[Customer | None]", _customers(info.context, [None], {"ids": ids})[0])

    @strawberry.field(
        name="_entities",
        metadata=many(_entities),
        description="For the router of a federated graph: entities by their keys.",
    )
    def entities(self, info: Info, representations: list[Representation]) -> list[Entity | None]:
        return cast("list[Entity | None]", _entities(info.context, [None], {"representations": representations})[0])

    @strawberry.field(name="_service", description="For the router of a federated graph: this schema, as it reads it.")
    def service(self, info: Info) -> Service:
        return Service(sdl=info.schema.as_str())


class Schema(strawberry.Schema):
    """The schema; its text is a router's."""

    def __init__(self, federation: Federation) -> None:
        super().__init__(query=Query, config=StrawberryConfig(scalar_map=SCALARS))
        self._sdl = federation.sdl(super().as_str())

    def as_str(self) -> str:
        return self._sdl


def build_schema(federation: Federation | None = None) -> Schema:
    """Return the schema; it holds nothing of a request and may serve any number of them."""
    return Schema(federation or Federation())
