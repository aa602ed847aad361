"""Another team's subgraph, of customers' names: a query that starts here gets its KPIs from the gateway."""

import sys

import strawberry
from strawberry.asgi import GraphQL
from strawberry.federation import Schema

from gateway.serving.server import End, listen

_FIRST = ("Ada", "Alan", "Barbara", "Edsger", "Frances", "Grace", "John", "Katherine", "Ken", "Margaret")
_LAST = ("Allen", "Dijkstra", "Hamilton", "Hopper", "Johnson", "Liskov", "Lovelace", "McCarthy", "Thompson")
_LONGEST = 5.0  # seconds, for what runs when it is told to stop


@strawberry.federation.type(keys=["id"])
class Customer:
    id: strawberry.ID
    name: str = strawberry.field(description="The customer's name.")

    @classmethod
    def resolve_reference(cls, id: strawberry.ID) -> "Customer":  # noqa: A002  # the key
        return _customer(int(id))


def _customer(number: int) -> Customer:
    return Customer(id=strawberry.ID(str(number)), name=f"{_FIRST[number % len(_FIRST)]} {_LAST[number % len(_LAST)]}")


@strawberry.type
class Query:
    @strawberry.field(description="The best customers, the very best first.")  # type: ignore[untyped-decorator]
    def vips(self, first: int = 40) -> list[Customer]:
        return [_customer(number) for number in range(1, first + 1)]


SCHEMA = Schema(query=Query, federation_version="2.9")


def main() -> int:
    return listen(GraphQL(SCHEMA, graphql_ide=None), ("127.0.0.1", 0), end=End(_LONGEST), ready=_told)


def _told(address: str) -> None:
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
