"""What a check finds: a state, and a sentence for people with nothing in it of what the upstream says."""

import re
from dataclasses import dataclass
from enum import StrEnum

from gateway.errors import GatewayError

_BARE_NAME = re.compile("[A-Za-z]{1,60}")


class State(StrEnum):
    OK = "ok"
    NOTED = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    state: State
    sentence: str

    def __str__(self) -> str:
        return f"{self.state:<7}{self.sentence}"


def ok(sentence: str) -> Finding:
    return Finding(State.OK, sentence)


def noted(sentence: str) -> Finding:
    return Finding(State.NOTED, sentence)


def wrong(sentence: str) -> Finding:
    return Finding(State.WRONG, sentence)


def in_words(error: GatewayError) -> str:
    """Say what a call failed of: what a client may know, and a name, which is all that is told of what lies below."""
    public, detail = error.public.rstrip("."), str(error)
    return f"{public[:1].lower()}{public[1:]} ({detail if _BARE_NAME.fullmatch(detail) else error.code})"


def in_ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
