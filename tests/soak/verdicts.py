"""What must be true of every answer: right figures, as old as may be, for who may see them; errors with a reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.errors import Code
from tests.chaos.steps import BAD_IDS
from tests.chaos.verdicts import leaks
from tests.soak.processes import CLOSED_TTL, REQUEST_TIMEOUT, STALE, TTL
from tests.soak.questions import Place, Question, Span
from tests.soak.rights import may_see, truth
from tests.soak.weather import FORGOTTEN, Sky, Spell, allowed

GRACE = 2.0  # seconds, for an answer that is ready to be read here: this program is busy too
_MARGIN = 1.0  # seconds, of an age
_STRANGERS = {"stranger", "nobody"}
_REVOKED = "old"


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` of one operation; from when to when (seconds since the epoch); ``said``: headers and all."""

    status: int
    body: dict[str, Any]
    began: float
    ended: float
    said: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A KPI at its place: for whom, of which customer and period, under which spells of weather."""

    question: Question
    customer: str
    span: Span
    answer: Answer
    spells: Sequence[Spell]


def broken(sky: Sky, question: Question, answer: Answer) -> Iterator[str]:
    """Say what is wrong with an answer."""
    if (seconds := answer.ended - answer.began) > REQUEST_TIMEOUT + GRACE:
        yield f"it took {seconds:.2f} s"
    yield from leaks(answer.said)
    if answer.status not in {200, 294} or not isinstance(answer.body.get("data"), dict):
        yield f"refused: {answer.status} {str(answer.body)[:300]}"
        return
    errors = {tuple(error["path"]): error for error in answer.body.get("errors", ())}
    spells = list(sky.during(answer.began, answer.ended))
    for path, id_, customer in question.customers(answer.body["data"]):
        if id_ in BAD_IDS:
            if customer is not None or _code(errors.pop(path, None)) != Code.BAD_USER_INPUT:
                yield f"{path}: {customer} for the bad id {id_}"
            continue
        for number, span in enumerate(question.spans):
            place = (*path, f"p{number}")
            asked = Asked(question, id_, span, answer, spells)
            if complaint := _complaint(asked, customer and customer[f"p{number}"], errors.pop(place, None)):
                names = ", ".join(spell.weather.name for spell in spells)
                yield f"{question.caller} at {_dotted(place)} ({id_}, {span.first}, {span.last}; {names}): {complaint}"
    if errors:
        yield f"errors where nothing was asked: {str(errors)[:300]}"


def _complaint(asked: Asked, value: dict[str, Any] | None, error: dict[str, Any] | None) -> str | None:
    if error is not None:
        return f"also a value: {value}" if value is not None else _of_error(asked, error)
    if asked.span.is_bad:
        return "no error for a bad period"
    caller = asked.question.caller
    if caller in _STRANGERS or not may_see(caller, int(asked.customer)) or _is_forgotten(asked):
        return f"{value} is not for this caller to see"
    figures = {name: each for name, each in value.items() if name not in {"asOf", "freshness"}} if value else None
    right = truth(int(asked.customer), *asked.span.days())
    if figures != right:
        return f"{figures} instead of {right}"
    return _of_age(asked, value) if value else None


def _of_error(asked: Asked, error: dict[str, Any]) -> str | None:
    code, caller = _code(error), asked.question.caller
    if code not in set(Code) or code == Code.INTERNAL_SERVER_ERROR or not error["message"]:
        return f"{error}"
    if asked.span.is_bad or code == Code.BAD_USER_INPUT:
        return None if asked.span.is_bad and code == Code.BAD_USER_INPUT else f"{code} for {asked.span}"
    if caller in _STRANGERS and code == Code.UNAUTHENTICATED:
        return None
    if code == Code.UNAUTHENTICATED and caller != _REVOKED:
        return "UNAUTHENTICATED for a caller who is accepted"
    if code == Code.FORBIDDEN:
        return None if not may_see(caller, int(asked.customer)) else "FORBIDDEN for one who may see it"
    return None if code in allowed(asked.spells) else f"{code} and no reason for it"


def _of_age(asked: Asked, value: dict[str, Any]) -> str | None:
    """Complain of figures that are older than they may be, newer than now, or stale without a reason."""
    answer, as_of = asked.answer, datetime.fromisoformat(value["asOf"]).timestamp()
    today = datetime.fromtimestamp(answer.began, UTC).date()
    life = CLOSED_TTL if asked.span.is_closed(today) else TTL
    oldest = {"LIVE": REQUEST_TIMEOUT, "CACHED": life, "STALE": life + STALE}[value["freshness"]]
    if as_of > answer.ended + _MARGIN:
        return f"{value['asOf']} is yet to come"
    if as_of < answer.began - oldest - _MARGIN:
        return f"{value['freshness']} and {answer.began - as_of:.1f} s old"
    is_outage = any(spell.weather.is_outage for spell in asked.spells)
    return "STALE and no reason for it" if value["freshness"] == "STALE" and not is_outage else None


def _is_forgotten(asked: Asked) -> bool:
    return asked.question.caller == _REVOKED and any(
        spell.weather.switches.get("revoked") and spell.began + FORGOTTEN < asked.answer.began
        and asked.answer.ended < spell.ended
        for spell in asked.spells
    )  # fmt: skip


def _code(error: dict[str, Any] | None) -> str | None:
    code: str | None = error["extensions"]["code"] if error else None
    return code


def _dotted(path: Place) -> str:
    return ".".join(map(str, path))
