"""The client that ariadne-codegen made of schema.graphql, in a package `kpi_client` on the path."""

import asyncio
import json
from collections.abc import Mapping
from datetime import date
from importlib import import_module
from typing import Any

import httpx

from tests.clients.flows import AUTHORIZATION, DOWN, INVALID, OPEN, OWN, PARTIAL, WHOLE, Seen, leave, recording, told

_made = import_module("kpi_client")


async def _ask(
    variables: Mapping[str, Any], at: str = OPEN, headers: Mapping[str, str] = AUTHORIZATION, text: str | None = None
) -> Seen:
    exchanges: list[dict[str, object]] = []
    http = httpx.AsyncClient(headers=headers, event_hooks=recording(exchanges), timeout=20)
    async with _made.Client(url=f"{at}/graphql", http_client=http) as client:
        try:
            if text:
                client.get_data(await client.execute(query=text))
            result = await client.kpis(**_arguments(variables))
        except _made.GraphQLClientGraphQLMultiError as error:
            told_of = [{"message": it.message, "path": it.path, **it.extensions} for it in error.errors]
            return {"data": error.data, "errors": told_of, "exchanges": exchanges}
        except _made.GraphQLClientHttpError as error:
            return {"data": None, "errors": told(error.response.json()["errors"]), "exchanges": exchanges}
    data = result.model_dump(mode="json", by_alias=True)
    return {"data": data, "errors": [], "exchanges": exchanges, "types": _types(result)}


def _arguments(variables: Mapping[str, Any]) -> dict[str, Any]:
    days = {"from_": variables.get("from"), "to": variables.get("to")}
    return {"ids": variables["ids"], **{name: date.fromisoformat(day) for name, day in days.items() if day}}


def _types(result: Any) -> dict[str, str]:
    return {name: type(value).__name__ for name, value in result.customers[0].kpi if value is not None}


async def main() -> None:
    seen = {
        "whole": await _ask(WHOLE),
        "partial": await _ask(PARTIAL),
        "down": await _ask(WHOLE, at=DOWN),
        "anonymous": await _ask(WHOLE, headers={}),
        "invalid": await _ask({}, text=INVALID),
        "left": await leave(lambda: _ask(OWN)),
    }
    print(json.dumps(seen))  # noqa: T201  # for who runs it


if __name__ == "__main__":
    asyncio.run(main())
