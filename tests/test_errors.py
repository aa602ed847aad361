"""The tree of failures is whole: each has a public sentence, and the README knows each code."""

import re
from pathlib import Path

import pytest

from gateway.errors import Code, GatewayError, RequestRefused
from gateway.meanings import MEANINGS

README = (Path(__file__).parent.parent / "README.md").read_text()


def tree(error: type[GatewayError]) -> list[type[GatewayError]]:
    return [each for child in error.__subclasses__() for each in (child, *tree(child))]


@pytest.mark.parametrize("error", [each for each in tree(GatewayError) if not issubclass(each, RequestRefused)])
def test_each_failure_has_its_code(error: type[GatewayError]) -> None:
    assert error.code in Code


def test_the_readme_explains_every_code_as_graphiql_does() -> None:
    table = README.partition("## Errors")[2].partition("## Settings")[0]
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| (.*?) \|$", table, re.MULTILINE)
    told = {code: (meaning.replace("`", ""), again.replace("`", "")) for code, meaning, again in rows}
    assert told == MEANINGS
    assert sorted(told) == sorted(Code)
