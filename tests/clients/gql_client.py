"""gql over httpx: a document's text, its DSL, and many operations at once."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gql import Client, GraphQLRequest
from gql.dsl import DSLQuery, DSLSchema, dsl_gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from graphql import build_schema

from tests.clients.flows import (
    AUTHORIZATION,
    DOCUMENT,
    DOWN,
    INVALID,
    OPEN,
    OWN,
    PARTIAL,
    WHOLE,
    Seen,
    leave,
    recording,
    told,
)

_KPIS = DOCUMENT.read_text()
_SCHEMA = Path("schema.graphql").read_text()


async def _ask(
    document: str, variables: Mapping[str, Any], at: str = OPEN, headers: Mapping[str, str] = AUTHORIZATION
) -> Seen:
    exchanges: list[dict[str, object]] = []
    transport = HTTPXAsyncTransport(f"{at}/graphql", headers=headers, event_hooks=recording(exchanges))
    async with Client(transport=transport) as session:
        try:
            data = await session.execute(GraphQLRequest(document, variable_values=dict(variables)))
        except TransportQueryError as error:
            return {"data": error.data, "errors": told(error.errors or []), "exchanges": exchanges}
    return {"data": data, "errors": [], "exchanges": exchanges}


async def _batch() -> list[Seen]:
    exchanges: list[dict[str, object]] = []
    transport = HTTPXAsyncTransport(f"{OPEN}/graphql", headers=AUTHORIZATION, event_hooks=recording(exchanges))
    requests = [GraphQLRequest(_KPIS, variable_values=variables) for variables in (WHOLE, PARTIAL)]
    async with Client(transport=transport):
        results = await transport.execute_batch([*requests, GraphQLRequest(INVALID)])
    return [
        {"data": each.data, "errors": told(each.errors or []), "exchanges": exchanges}  # type: ignore[arg-type]  # as sent
        for each in results
    ]


async def _batch_of_a_session() -> list[str]:
    """Return the codes of what is raised, when one of many failed."""
    transport = HTTPXAsyncTransport(f"{OPEN}/graphql", headers=AUTHORIZATION)
    requests = [GraphQLRequest(_KPIS, variable_values=variables) for variables in (WHOLE, PARTIAL)]
    async with Client(transport=transport) as session:
        try:
            await session.execute_batch(requests)
        except TransportQueryError as error:
            return [each["code"] for each in told(error.errors or [])]
    return []


async def _by_dsl() -> dict[str, Any]:
    """Compose a query from the schema's file; the router's directives in it are nothing that graphql-core knows."""
    schema = build_schema(_SCHEMA, assume_valid_sdl=True)
    known = DSLSchema(schema)
    kpi = known.Customer.kpi(**{"from": "2022-01-01"}).select(known.CustomerKpi.averageBasketAmount)
    query = dsl_gql(DSLQuery(known.Query.customer(id="123456").select(known.Customer.id, kpi)))
    transport = HTTPXAsyncTransport(f"{OPEN}/graphql", headers=AUTHORIZATION)
    async with Client(transport=transport, schema=schema) as session:
        found: dict[str, Any] = await session.execute(query)
    return found


async def main() -> None:
    seen = {
        "whole": await _ask(_KPIS, WHOLE),
        "partial": await _ask(_KPIS, PARTIAL),
        "down": await _ask(_KPIS, WHOLE, at=DOWN),
        "anonymous": await _ask(_KPIS, WHOLE, headers={}),
        "invalid": await _ask(INVALID, {}),
        "batch": await _batch(),
        "raised": await _batch_of_a_session(),
        "left": await leave(lambda: _ask(_KPIS, OWN)),
        "dsl": await _by_dsl(),
    }
    print(json.dumps(seen))  # noqa: T201  # for who runs it


if __name__ == "__main__":
    asyncio.run(main())
