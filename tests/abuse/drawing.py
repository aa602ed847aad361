"""Hypothesis draws requests: documents that are valid or nearly so, values of all kinds, bodies, addresses, headers."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_from_bytes, unquote

import hypothesis_graphql
from graphql import (
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NameNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
)
from hypothesis import strategies as st

from gateway.schema import build_schema
from tests.conftest import DEMO, GRAPHQL, PREFLIGHT
from tests.plan.operations import Asked, operations
from tests.plan.test_agreement import REPRESENTATIONS

SCHEMA = build_schema()._schema  # noqa: SLF001  # Strawberry has no public name for it
IDS = [
    "1",
    "7",
    "9",
    "2999",
    "3001",
    "0",
    "007",
    "-1",
    "1e3",
    "2147483647",
    "2147483648",
    "",
    "x",
    "１",
    "1\x00",
    "\u202e1",
]
DAYS = [
    "2023-01-01",
    "2023-12-31",
    "2023-02-30",
    "0000-00-00",
    "9999-12-31",
    "",
    "soon",
    "２０２３-01-01",
    "2023-01-01T00:00Z",
]
STRANGE = [
    "\ud800",
    "\udc00\ud800",
    "\x00",
    "\u202e",
    "\ufeff",
    "\U0001f600",
    "a" * 300,
    "\\",
    '"',
    "{__typename}",
    "$",
    "\n",
]
_text = st.text(max_size=20) | st.sampled_from(STRANGE)
_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | _text
    | st.sampled_from([*IDS, *DAYS, 2**31, -1, 1.5, 1e308])
)
odd = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_text, inner, max_size=5), max_leaves=15
)
"""Values of any kind that JSON has, and of some that it has not."""


def _strings(values: list[str]) -> st.SearchStrategy[Any]:
    return st.sampled_from(values).map(lambda value: StringValueNode(value=value))


def _object(members: dict[str, str]) -> ObjectValueNode:
    fields = (
        ObjectFieldNode(name=NameNode(value=name), value=StringValueNode(value=value))
        for name, value in members.items()
    )
    return ObjectValueNode(fields=tuple(fields))


_numbers = st.integers().map(lambda value: IntValueNode(value=str(value)))
_representations = st.sampled_from(IDS).map(lambda id_: _object({"__typename": "Customer", "id": id_}))
_anything = st.one_of(
    _representations,
    _strings(["Customer", ""]),
    _numbers,
    st.just(_object({"__typename": "Nobody"})),
    st.just(FloatValueNode(value="1.5e300")),
    st.just(ListValueNode(values=())),
)
_SCALARS: Any = {"Date": _strings(DAYS), "_Any": _anything}
valid = hypothesis_graphql.queries(SCHEMA, custom_scalars=_SCALARS, mode=hypothesis_graphql.Mode.POSITIVE)
broken = hypothesis_graphql.queries(SCHEMA, custom_scalars=_SCALARS, mode=hypothesis_graphql.Mode.NEGATIVE)
_with_variables = operations(SCHEMA, {"ID": IDS, "Date": DAYS, "_Any": [*REPRESENTATIONS, {}, 5, "x", [1]]})


@dataclass(frozen=True, slots=True)
class Drawn:
    """A request: ``target`` is its path and query, and all of it can be sent over HTTP."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @property
    def words(self) -> str:
        """All that is said in it."""
        return f"{unquote(self.target)} {self.headers} {self.body.decode('latin-1')}"


@st.composite
def _changed(draw: st.DrawFn) -> Asked:
    """Draw an operation, and values for its variables that do not fit; or a word of it that is another one."""
    asked = draw(_with_variables)
    variables = {name: draw(st.just(value) | odd) for name, value in asked.variables.items()}
    words = asked.text.split()
    if draw(st.booleans()):
        words[draw(st.integers(0, len(words) - 1))] = draw(
            st.sampled_from([*words, "", "nope", "{", "}", "@a", '"', "0x1"])
        )
    return Asked(" ".join(words), variables, draw(st.sampled_from([asked.name, None, "Other", "nope"])))


documents = valid | broken | _changed().map(lambda asked: asked.text) | _text


@st.composite
def entries(draw: st.DrawFn) -> Any:
    """Draw what a request says: mostly what it should, in part."""
    if draw(st.integers(0, 9)) == 0:
        return draw(odd)
    asked = draw(_changed() | documents.map(lambda text: Asked(str(text), {}, None)))
    said: dict[str, Any] = {"query": asked.text, "variables": asked.variables, "operationName": asked.name}
    names = st.sets(st.sampled_from(_NAMES), max_size=2)
    for name in draw(st.just(()) | st.just(()) | names):
        said[name] = draw(odd | _persisted)
    return said


_NAMES = ["query", "variables", "operationName", "extensions", "documentId", "id"]
_hashes = st.sampled_from(["0" * 64, "f" * 63, "sha256:" + "0" * 64, "", "g" * 64])
_persisted = st.fixed_dictionaries(
    {
        "persistedQuery": odd
        | st.fixed_dictionaries({"version": st.sampled_from([1, 2, "1", None]), "sha256Hash": _hashes | odd})
    }
)
_TAKEN = [GRAPHQL, "application/json", "*/*", f"{GRAPHQL}, application/json;q=0.9"]
_accepts = st.sampled_from([*_TAKEN * 6, "text/html", "application/*;q=0", "", ";;,", "a/b;q=x"])
_latin = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f\x85\xa0"), max_size=12)


@st.composite
def _headers(draw: st.DrawFn, *usual: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    headers = [*usual, *DEMO.items(), ("Accept", draw(_accepts))]
    if draw(st.integers(0, 3)) == 0:
        names = [
            "Accept",
            "Authorization",
            "X-Api-Key",
            "Content-Type",
            "GraphQL-Cost",
            "GraphQL-Cache-Tags",
            "X-Request-Id",
            "Cookie",
            "X-Http-Method-Override",
        ]
        values = _latin | _accepts | st.sampled_from(["validate", "report", "Bearer demo", "DELETE"])
        headers += draw(st.lists(st.tuples(st.sampled_from(names), values), max_size=3))
    return tuple(headers)


def _as_json(said: Any) -> bytes:
    return json.dumps(said).encode()


@st.composite
def valid_posts(draw: st.DrawFn) -> Drawn:
    """Draw an operation that is valid, if it is not too much."""
    asked = draw(valid.map(lambda text: Asked(str(text), {}, None)) | _with_variables)
    said = {"query": asked.text, "variables": asked.variables, "operationName": asked.name}
    headers = (("Content-Type", "application/json"), ("Accept", GRAPHQL), *DEMO.items())
    return Drawn("POST", "/graphql", headers, _as_json(said))


@st.composite
def posts(draw: st.DrawFn) -> Drawn:
    """Draw an operation as it is sent by POST, or several."""
    said = draw(entries() | st.lists(entries(), max_size=12))
    return Drawn("POST", "/graphql", draw(_headers(("Content-Type", "application/json"))), _as_json(said))


@st.composite
def bodies(draw: st.DrawFn) -> Drawn:
    """Draw bytes that were JSON, or never were; by any method."""
    body = draw(st.binary(max_size=200) | entries().map(_as_json) | odd.map(_as_json))
    if body and draw(st.booleans()):
        at = draw(st.integers(0, len(body) - 1))
        body = body[:at] + draw(st.binary(max_size=3)) + body[at + draw(st.integers(0, 3)) :]
    method = draw(st.sampled_from(["POST", "POST", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]))
    media = draw(
        st.sampled_from(
            ["application/json"] * 3 + ["application/json; charset=utf-8", "text/plain", "application/graphql", ""]
        )
    )
    return Drawn(method, "/graphql", draw(_headers(("Content-Type", media))), body)


@st.composite
def gets(draw: st.DrawFn) -> Drawn:
    """Draw an operation as it is in an address, or what is no operation."""
    said = draw(entries())
    if isinstance(said, dict) and draw(st.integers(0, 4)):
        told = {name: value for name, value in said.items() if value is not None}
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
        query = "&".join(f"{_quoted(name)}={_quoted(text)}" for name, text in texts.items())
    else:
        query = quote_from_bytes(draw(st.binary(max_size=60)), safe="&=%;+[]")
    usual = draw(st.sampled_from([tuple(PREFLIGHT.items())] * 5 + [()]))
    return Drawn(draw(st.sampled_from(["GET", "GET", "HEAD"])), f"/graphql?{query}"[:16_000], draw(_headers(*usual)))


def _quoted(text: str) -> str:
    return quote(text.encode(errors="surrogatepass"), safe="")
