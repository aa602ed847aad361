"""What routers read: the schema that clients have, with the directives that their version of federation has."""

import re
from typing import Any, get_args

import pytest
from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    StringValueNode,
    build_schema,
    parse,
)

from gateway.__main__ import main
from gateway.app import create_app
from gateway.federation import Federation
from gateway.nodes import within
from gateway.parts import federation
from gateway.schema import build_schema as ours
from gateway.settings import Settings, SettingsError
from tests.conftest import DEMO, Gateway

SINCE = {
    "key": (2, 0),
    "tag": (2, 0),
    "authenticated": (2, 5),
    "requiresScopes": (2, 5),
    "cost": (2, 9),
    "listSize": (2, 9),
    "cacheTag": (2, 12),
}
VERSIONS = [
    tuple(map(int, each.split("."))) for each in get_args(Settings.model_fields["federation_version"].annotation)
]
APPLIED = re.compile(r' @(?:link|\w+)(?:\((?:"[^"]*"|[^")])*\))?(?=\s|$)')


def printed(**terms: Any) -> str:
    return ours(Federation(**terms)).as_str()


def directives(sdl: str) -> list[DirectiveNode]:
    return [each for each in within(parse(sdl)) if isinstance(each, DirectiveNode)]


def applied(sdl: str) -> dict[str, list[str]]:
    """Return the directives on each line that has some, by what stands there."""
    lines = ((line, APPLIED.findall(line)) for line in sdl.splitlines() if not line.startswith("schema"))
    return {APPLIED.sub("", f"{line} ").strip(): [each.strip() for each in found] for line, found in lines if found}


def test_the_default_is_what_both_composers_know() -> None:
    assert applied(printed()) == {
        "type Customer {": ['@key(fields: "id")'],
        "): CustomerKpi": ["@cost(weight: 1)", '@tag(name: "kpi")'],
        "): Customer": ["@cost(weight: 0)", '@tag(name: "kpi")'],
        "): [Customer]!": ["@cost(weight: 0)", "@listSize(assumedSize: 200)", '@tag(name: "kpi")'],
    }


def test_the_newest_has_tags_for_a_routers_cache_too() -> None:
    found = applied(printed(version=(2, 12)))
    tags = {place: each for place, names in found.items() for each in names if "cacheTag" in each}
    assert tags == {
        "type Customer {": '@cacheTag(format: "customer-{$key.id}")',
        "): Customer": '@cacheTag(format: "customer-{$args.id}")',
        "): [Customer]!": '@cacheTag(format: "customers")',
    }


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("auth", [False, True])
def test_a_version_has_no_directive_that_came_later_and_imports_what_there_is(
    version: tuple[int, int], auth: bool
) -> None:
    auth = auth and version >= SINCE["authenticated"]
    found = directives(printed(version=version, auth=auth, scopes=["kpi:read"]))
    (link,) = (each for each in found if each.name.value == "link")
    names = {each.name.value for each in found} - {"link"}
    wanted = {name for name, since in SINCE.items() if since <= version}
    assert names == (wanted if auth else wanted - {"authenticated", "requiresScopes"})
    told = {each.value for each in within(link) if isinstance(each, StringValueNode)}
    assert told == {"https://specs.apollo.dev/federation/v{}.{}".format(*version), *(f"@{name}" for name in names)}


def test_the_first_and_the_last_version_are_what_the_setting_takes() -> None:
    assert (VERSIONS[0], VERSIONS[-1], len(VERSIONS)) == ((2, 0), (2, 12), 13)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_its_directives_each_is_the_schema_that_clients_have(version: tuple[int, int]) -> None:
    plain = re.sub(r" @link\(.*?\]\)", "", printed(version=version))
    text = APPLIED.sub("", plain)
    assert "@" not in text
    assert described(build_schema(text)) == described(ours()._schema)  # noqa: SLF001  # Strawberry has no public name


def described(schema: GraphQLSchema) -> dict[str, str | None]:
    types = {name: type_ for name, type_ in schema.type_map.items() if not name.startswith("__")}
    fields = {f"{name}.{key}": it for name, type_ in types.items() for key, it in getattr(type_, "fields", {}).items()}
    arguments = {f"{name}({key})": it for name, it in fields.items() for key, it in getattr(it, "args", {}).items()}
    values = {f"{name}.{key}": it for name, type_ in types.items() for key, it in getattr(type_, "values", {}).items()}
    return {name: it.description for name, it in (types | fields | arguments | values).items()}


def test_callers_have_to_be_known_to_the_router_where_that_is_wanted() -> None:
    assert applied(printed(auth=True))["): CustomerKpi"][-1] == "@authenticated"
    scopes = applied(printed(auth=True, scopes=["kpi", "read"]))["): CustomerKpi"][-2:]
    assert scopes == ["@authenticated", '@requiresScopes(scopes: [["kpi", "read"]])']
    assert "Scopes" not in printed(scopes=["kpi"])


@pytest.mark.parametrize("version", ["2.0", "2.4"])
def test_a_version_that_cannot_keep_strangers_out_is_refused(version: str) -> None:
    settings = Settings.read(upstream_url="http://upstream.test", federation_version=version, federation_auth=True)
    with pytest.raises(SettingsError) as refusal:
        create_app(settings)
    assert str(refusal.value) == (
        f"GATEWAY_FEDERATION_AUTH is true, GATEWAY_FEDERATION_VERSION {version}: "
        "that has no @authenticated, which came with 2.5"
    )


def test_the_settings_say_what_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GATEWAY_FEDERATION_VERSION", "2.12")
    monkeypatch.setenv("GATEWAY_FEDERATION_AUTH", "true")
    monkeypatch.setenv("GATEWAY_MAX_CUSTOMERS", "50")
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == printed(version=(2, 12), auth=True, longest=50) + "\n"
    monkeypatch.setenv("GATEWAY_FEDERATION_VERSION", "2.4")
    assert main(["schema"]) == 2
    assert capsys.readouterr().err.startswith("GATEWAY_FEDERATION_AUTH is true")


def test_what_a_token_needs_is_what_a_router_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"CALLER_AUTH": "jwt", "JWKS_URL": "https://login.test/keys", "JWT_ISSUER": "i", "JWT_AUDIENCE": "a"}
    for name, value in {**given, "JWT_SCOPE": "kpi:read kpi:export", "FEDERATION_AUTH": "true"}.items():
        monkeypatch.setenv(f"GATEWAY_{name}", value)
    assert federation(Settings.read()) == Federation(auth=True, scopes=("kpi:read", "kpi:export"))


async def test_a_router_reads_what_the_settings_say(gateway: Gateway) -> None:
    reply = await gateway.ask("{ _service { sdl } }", headers={})
    assert reply.data == {"_service": {"sdl": ours(federation(Settings.read())).as_str()}}


@pytest.mark.parametrize(
    ("query", "kpis"),
    [
        ("{ customer(id: 1) { id } }", 0),
        ("{ customer(id: 1) { kpi { asOf totalItems } } }", 1),
        ('{ customer(id: 1) { kpi { asOf } b: kpi(to: "2024-01-01") { asOf } } }', 2),
        ("{ customers(ids: [1, 2, 3]) { id } }", 0),
        ("{ customers(ids: [1, 2, 3]) { kpi { asOf } } }", 3),
    ],
)
async def test_what_routers_estimate_is_what_the_gateway_counts_for_the_longest_list(
    gateway: Gateway, query: str, kpis: int
) -> None:
    reply = await gateway.ask(query, headers=DEMO | {"GraphQL-Cost": "validate"}, accept="application/json")
    counted = reply.body["extensions"]["cost"]["requested"]
    assert (counted, estimated(query, printed(longest=3))) == (kpis, kpis)


def estimated(query: str, sdl: str) -> int:
    """Add up the weights as the cost specification has it: a list's as often as it is assumed to be long."""
    operation = parse(query).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    places = {"customer": "): Customer", "customers": "): [Customer]!", "kpi": "): CustomerKpi"}
    found = {name: " ".join(applied(sdl)[place]) for name, place in places.items()}

    def cost(node: Any) -> int:
        fields = [each for each in node.selection_set.selections if isinstance(each, FieldNode) and each.selection_set]
        return sum(one(each.name.value) + size(each.name.value) * cost(each) for each in fields)

    def one(name: str) -> int:
        return int(re.findall(r"weight: (\d+)", found[name])[0])

    def size(name: str) -> int:
        return int((re.findall(r"assumedSize: (\d+)", found[name]) or [1])[0])

    return cost(operation)
