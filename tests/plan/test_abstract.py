"""Of which type an object is: by name, by what its types say of it, by Strawberry's classes; and what cannot be."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, TypeVar

import pytest
import strawberry
from graphql import GraphQLSchema

from tests.plan.both import always, answer, both, plain_schema, schema_of
from tests.plan.judging import Ready
from tests.plan.operations import Asked
from tests.plan.outcomes import Boom

SDL = """
interface Pet { name: String }
type Dog implements Pet { name: String, barks: Boolean }
type Cat implements Pet { name: String, meows: Boolean }
type Stone { name: String }
union Beast = Dog | Cat
scalar Odd
type Query { pets: [Pet], beasts: [Beast], dogs: [Dog] }
"""
Told = dict[str, dict[str, Any]]
ASKED = "{ pets { __typename name ... on Dog { barks } ... on Cat { meows } } }"
DOG, CAT = {"name": "Odie", "barks": True}, {"name": "Garfield", "meows": False}


def pets(values: list[Any], types: Told | None = None, field: str = "pets") -> GraphQLSchema:
    """Return a schema whose pets are the values; ``types`` says how their types are told."""
    schema: Any = schema_of(SDL, Query={field: always(values)})
    for name, how in (types or {}).items():
        for attribute, function in how.items():
            setattr(schema.type_map[name], attribute, function)
    return schema  # type: ignore[no-any-return]  # it is one


CHECKS: Told = {
    "Dog": {"is_type_of": lambda value, _: "barks" in value},
    "Cat": {"is_type_of": lambda value, _: "meows" in value},
}
BY_KIND: Told = {"Pet": {"resolve_type": lambda value, *_: value["kind"]}}
BOTH = {
    "pets": [
        {"__typename": "Dog", "name": "Odie", "barks": True},
        {"__typename": "Cat", "name": "Garfield", "meows": False},
    ]
}


async def test_the_types_say_whether_an_object_is_theirs() -> None:
    assert await both(pets([DOG, CAT], CHECKS), ASKED) == BOTH


async def test_the_abstract_type_names_the_objects_type() -> None:
    assert await both(pets([DOG | {"kind": "Dog"}, CAT | {"kind": "Cat"}], BY_KIND), ASKED) == BOTH


async def test_an_object_names_its_type() -> None:
    assert await both(pets([DOG | {"__typename": "Dog"}, CAT | {"__typename": "Cat"}]), ASKED) == BOTH


async def test_objects_of_several_types_stay_in_their_order() -> None:
    values = [CAT, DOG, None, CAT, CAT, DOG]
    data = await both(pets(values, CHECKS, "beasts"), "{ beasts { __typename } }")
    assert [beast and beast["__typename"] for beast in data["beasts"]] == ["Cat", "Dog", None, "Cat", "Cat", "Dog"]


NAMES = [
    (None, "Abstract type 'Pet' must resolve to an Object type at runtime for field 'Query.pets'."),
    (5, "with value {'kind': 5, 'name': 'x'}, received '5', which is not a valid Object type name."),
    ("Nobody", "Abstract type 'Pet' was resolved to a type 'Nobody' that does not exist inside the schema."),
    ("Odd", "Abstract type 'Pet' was resolved to a non-object type 'Odd'."),
    ("Pet", "Abstract type 'Pet' was resolved to a non-object type 'Pet'."),
    ("Stone", "Runtime Object type 'Stone' is not a possible type for 'Pet'."),
]


@pytest.mark.parametrize(("name", "message"), NAMES)
async def test_a_name_that_is_none_of_the_types_is_that_objects_failure(name: Any, message: str) -> None:
    schema = pets([{"kind": name, "name": "x"}, DOG | {"kind": "Dog"}], BY_KIND)
    data, ((path, told),) = await both(schema, "{ pets { name } }")
    assert data == {"pets": [None, {"name": "Odie"}]}
    assert path == ["pets", 0]
    assert message in told


async def test_an_object_of_no_type_is_that_objects_failure() -> None:
    data, ((path, told),) = await both(pets([{"name": "x"}, DOG], CHECKS), "{ pets { name } }")
    assert data == {"pets": [None, {"name": "Odie"}]}
    assert path == ["pets", 0]
    assert told.startswith("Abstract type 'Pet' must resolve")


async def test_a_type_that_denies_an_object_that_is_named_so_is_believed() -> None:
    data, errors = await both(pets([CAT | {"kind": "Dog"}], BY_KIND | CHECKS), "{ pets { name } }")
    assert data == {"pets": [None]}
    assert errors[0][1].startswith("Expected value of type 'Dog' but got: {'name': 'Garfield'")


async def test_a_type_that_denies_an_object_is_believed_where_there_is_no_other() -> None:
    data, errors = await both(pets([CAT, DOG], CHECKS, "dogs"), "{ dogs { name } }")
    assert data == {"dogs": [None, {"name": "Odie"}]}
    assert [path for path, _ in errors] == [["dogs", 0]]


@pytest.mark.parametrize("which", ["Pet", "Dog"])
async def test_what_fails_to_tell_a_type_is_that_objects_failure(which: str) -> None:
    how = {"Pet": {"resolve_type": always(Boom)}, "Dog": {"is_type_of": always(Boom)}}[which]
    data, errors = await both(pets([CAT, DOG], CHECKS | {which: how}), "{ pets { name } }")
    assert data == {"pets": [None, None]}
    assert errors == [(["pets", 0], "Boom"), (["pets", 1], "Boom")]


def _later(tell: Callable[..., Any]) -> Callable[..., Any]:
    async def later(*arguments: Any) -> Any:
        return tell(*arguments)

    return later


async def test_types_that_are_told_later_are_left_to_graphql_core() -> None:
    """Plans find types at once; a schema where that may have to be awaited has none."""
    checks: Told = {name: {"is_type_of": _later(how["is_type_of"])} for name, how in CHECKS.items()}
    by_kind: Told = {"Pet": {"resolve_type": _later(BY_KIND["Pet"]["resolve_type"])}}
    assert await both(pets([DOG, CAT], checks), ASKED) == BOTH
    assert await both(pets([DOG | {"kind": "Dog"}, CAT | {"kind": "Cat"}], by_kind), ASKED) == BOTH


T = TypeVar("T")


@strawberry.type
class Red:
    tone: str


@strawberry.type
class DarkRed(Red):
    """A type of its own."""


@strawberry.type
class Blue:
    tone: str


@strawberry.type
class Box(Generic[T]):
    content: T


class Row:
    tone = "of a row"


Color = Annotated[Red | Blue, strawberry.union("Color")]
Boxed = Annotated[Box[int] | Box[str], strawberry.union("Boxed")]


def strawberries(values: list[Any]) -> GraphQLSchema:
    @strawberry.type
    class Query:
        @strawberry.field
        def colors(self) -> list[Color | None]:
            return values

        @strawberry.field
        def boxes(self) -> list[Boxed | None]:
            return values

    return plain_schema(strawberry.Schema(Query))


async def test_strawberrys_objects_say_of_which_type_they_are() -> None:
    schema = strawberries([Red(tone="r"), Blue(tone="b"), None, Red(tone="s")])
    data = await both(schema, "{ colors { __typename ... on Red { tone } } }")
    assert data["colors"] == [
        {"__typename": "Red", "tone": "r"},
        {"__typename": "Blue"},
        None,
        {"__typename": "Red", "tone": "s"},
    ]


async def test_what_is_known_of_a_class_holds_the_next_time_but_for_what_is_cast() -> None:
    values = [Red(tone="r"), Red(tone="s")]
    ready = Ready.of(strawberries(values), Asked("{ colors { __typename } }", {}, None))
    for more in ([], [], [strawberry.cast(Blue, Red(tone="cast"))]):
        values += more
        data = answer(await ready.by_plan(None))
        assert [color["__typename"] for color in data["colors"]] == ["Red", "Red", *("Blue" for _ in more)]


async def test_what_is_cast_to_a_type_is_of_that_type_whatever_its_class_is_else() -> None:
    values = [Red(tone="r"), strawberry.cast(Blue, Red(tone="cast")), Red(tone="s"), strawberry.cast(Red, Row())]
    data = await both(strawberries(values), "{ colors { __typename } }")
    assert [color["__typename"] for color in data["colors"]] == ["Red", "Blue", "Red", "Red"]


async def test_what_is_no_object_of_the_unions_types_fails_each_time() -> None:
    values = [Row(), Red(tone="r"), Row(), Box(content=1)]
    data, errors = await both(strawberries(values), "{ colors { __typename } }")
    assert data["colors"] == [None, {"__typename": "Red"}, None, None]
    assert [path for path, _ in errors] == [["colors", 0], ["colors", 2], ["colors", 3]]


async def test_a_class_that_inherits_from_one_of_the_unions_is_not_of_it() -> None:
    data, ((path, _),) = await both(strawberries([Red(tone="r"), DarkRed(tone="d")]), "{ colors { __typename } }")
    assert (data["colors"], path) == ([{"__typename": "Red"}, None], ["colors", 1])


async def test_objects_of_one_generic_class_may_be_of_several_types() -> None:
    values = [Box(content=1), Box(content="x"), Box(content=2)]
    data = await both(strawberries(values), "{ boxes { __typename } }")
    assert [box["__typename"] for box in data["boxes"]] == ["IntBox", "StrBox", "IntBox"]
