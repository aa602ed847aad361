"""The published schema: as printed, described to the last argument."""

from pathlib import Path

from graphql import GraphQLArgument, GraphQLField, GraphQLObjectType, GraphQLScalarType

from gateway.schema import build_schema

PRINTED = Path(__file__).parent.parent / "schema.graphql"
SCHEMA = build_schema()
OURS = ["Query", "Customer", "CustomerKpi", "Date", "Decimal"]


def test_the_printed_schema_is_the_schema() -> None:
    assert PRINTED.read_text() == SCHEMA.as_str() + "\n"


def described() -> list[tuple[str, str | None]]:
    rows: list[tuple[str, str | None]] = []
    for name in OURS:
        kind = SCHEMA._schema.type_map[name]  # noqa: SLF001  # Strawberry has no public name for it
        if isinstance(kind, GraphQLScalarType) or name != "Query":
            rows.append((name, kind.description))
        if isinstance(kind, GraphQLObjectType):
            rows += [row for field, it in kind.fields.items() for row in _field(f"{name}.{field}", it)]
    return rows


def _field(name: str, field: GraphQLField) -> list[tuple[str, str | None]]:
    def argument(which: str, it: GraphQLArgument) -> tuple[str, str | None]:
        return (f"{name}({which})", it.description)

    own = not name.rpartition(".")[2].startswith("_")
    return [(name, field.description), *(argument(*each) for each in field.args.items())] if own else []


def test_every_type_field_and_argument_is_described() -> None:
    rows = described()
    assert len(rows) == 22
    assert [name for name, description in rows if not description] == []


def test_the_supergraph_reads_the_schema_that_clients_have() -> None:
    result = SCHEMA.execute_sync("{ _service { sdl } }")
    assert result.data == {"_service": {"sdl": SCHEMA.as_str()}}
