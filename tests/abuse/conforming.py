"""What holds of every answer, whatever was asked: its status, media type and shape; and it tells nothing of ours."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from gateway.errors import Code
from tests.conftest import GRAPHQL

JSON = "application/json"
CANARY = "db password hunter2 is wrong"
LEAK = re.compile(
    r"hunter2|Traceback|object at 0x|<class|NoneType|TypeError|KeyError|RecursionError|\.py\b|upstream\.test"
    r"|Did you mean (?!'\w+ \{ \.\.\. \}'|to use a double quote)|site-packages|strawberry|graphql-core|Bearer",
    re.IGNORECASE,
)
LONGEST = 500_000  # bytes of an answer
_LONGEST_MESSAGE = 501  # characters
_MISSES = {"PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_SUPPORTED"}
_REFUSALS = {400, 403, 404, 405, 406, 408, 413, 414, 415, 422, 431}


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def judge(method: str, answer: Answer, said: str = "") -> None:
    """Say what is wrong with the answer to a request by this method, with an AssertionError.

    ``said`` is what may be repeated: the request's own words.
    """
    assert answer.status in {200, 204, 294} | _REFUSALS
    assert len(answer.body) <= LONGEST
    told = f"{answer.headers}\n{answer.body.decode()}"
    assert not [leak for leak in LEAK.findall(told) if leak.lower() not in said.lower()]
    if method in {"HEAD", "OPTIONS"}:
        assert answer.body == b""
        return
    media, _, charset = answer.headers["content-type"].partition("; ")
    assert (media in {GRAPHQL, JSON}, charset) == (True, "charset=utf-8")
    read = json.loads(answer.body, parse_constant=_no_number)
    if isinstance(read, list):
        assert (answer.status, media) == (200, JSON)
        for each in read:
            _judge_response(each)
        return
    _judge_response(read)
    _judge_status(answer.status, media, read)


def _judge_status(status: int, media: str, told: Mapping[str, Any]) -> None:
    if status in _REFUSALS:
        assert "data" not in told
    elif media == GRAPHQL:
        assert ("data" in told, "errors" in told) == (True, status == 294)
    else:
        codes = {error["extensions"]["code"] for error in told.get("errors", [])}
        assert status == 200
        assert "data" in told or told.get("extensions", {}).keys() == {"cost"} or codes <= _MISSES


def _judge_response(told: Mapping[str, Any]) -> None:
    assert told.keys() <= {"data", "errors", "extensions"}
    assert told
    for error in told.get("errors", [{}] if "errors" in told else []):
        assert error.keys() <= {"message", "locations", "path", "extensions"}
        assert 0 < len(error["message"]) <= _LONGEST_MESSAGE
        assert error["extensions"]["code"] in set(Code) - {Code.INTERNAL_SERVER_ERROR}
        assert isinstance(error["extensions"]["retryable"], bool)
        assert "path" not in error or (error["path"] and "data" in told)


def _no_number(text: str) -> NoReturn:
    raise AssertionError(f"{text} in JSON")
