"""Tags in an answer's extensions, by which a router's cache can let go of one customer; for who asks for them."""

from collections.abc import Iterable
from typing import Any

from gateway.errors import Code, RequestRefused

_REPORT = "report"


def wanted(header: str) -> bool:
    """Read the header GraphQL-Cache-Tags; RequestRefused (400) for a value that it does not have."""
    if header and header != _REPORT:
        raise RequestRefused(400, Code.BAD_REQUEST, f"GraphQL-Cache-Tags is {_REPORT}, nothing else.")
    return bool(header)


class Tags:
    """Notes whom an operation asks for, in the order it does."""

    def __init__(self) -> None:
        self._customers: dict[str, None] = {}
        self._entities: list[list[list[str]]] = []

    def customers(self, ids: Iterable[str]) -> None:
        """Note customers of a root field."""
        self._customers.update(dict.fromkeys(map(_tag, ids)))

    def entities(self, ids: Iterable[str | None]) -> None:
        """Note a field's entities by their places; None where there is none."""
        self._entities.append([[_tag(each)] if each else [] for each in ids])

    def extensions(self) -> dict[str, Any]:
        """Return them as Apollo's router and others read them.

        Those of entities tell by place whose they are, so that they cannot be told for more than one field.
        """
        told: dict[str, Any] = {"apolloCacheTags": list(self._customers)} if self._customers else {}
        if len(self._entities) == 1:
            told["apolloEntityCacheTags"] = self._entities[0]
        return told


def _tag(id_: str) -> str:
    return f"customer-{id_}"
