"""What a switch can hold: how a value is read, from text or as it is, and how it is written back."""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import MappingProxyType

_ERRORS = range(400, 600)
_ON = {"on": True, "true": True, "off": False, "false": False}
_NOTHING = {"", "none"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value; `read` raises ValueError for what it does not allow."""

    allowed: str
    read: Callable[[object], object]
    write: Callable[[object], object]


def choice(*values: str) -> Kind:
    canonical = {each.lower(): each for each in values}
    return Kind(" | ".join(values), lambda value: canonical[str(value).lower()], str)


def _read_on_off(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return _ON[str(value).lower()]


def _read_seconds(value: object) -> float:
    seconds = float(str(value))
    if not math.isfinite(seconds) or seconds < 0:
        raise ValueError
    return seconds


def _read_count(value: object) -> int | None:
    if value is None or value in _NOTHING:
        return None
    count = int(str(value))
    if count < 1:
        raise ValueError
    return count


def _read_line(value: object) -> str:
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        raise ValueError
    return "" if value in _NOTHING else value


def _read_retry_after(value: object) -> str:
    text = _read_line(str(value)) or "none"
    if not re.fullmatch(r"none|(date:)?[0-9]{1,9}", text):
        parsedate_to_datetime(text)
    return text


def _pairs(value: object) -> dict[str, object]:
    """Take a mapping as it is; text is `key=value,key=value`."""
    if isinstance(value, Mapping):
        return {str(key): each for key, each in value.items()}
    if str(value) in _NOTHING:
        return {}
    return dict(_pair(each) for each in str(value).split(","))


def _pair(text: str) -> tuple[str, str]:
    key, value = text.split("=")
    return key.strip(), value.strip()


def _status(value: object) -> int:
    status = int(str(value))
    if status not in _ERRORS:
        raise ValueError
    return status


def _read_statuses(value: object) -> Mapping[int, int]:
    return MappingProxyType({int(key): _status(status) for key, status in _pairs(value).items()})


def _ids(value: object) -> frozenset[int]:
    ids = value.split("+") if isinstance(value, str) else _several(value)
    return frozenset(int(str(each)) for each in ids)


def _several(value: object) -> list[object]:
    if not isinstance(value, frozenset | set | list | tuple):
        raise TypeError
    return list(value)


def _read_rights(value: object) -> Mapping[str, frozenset[int]]:
    return MappingProxyType({token: _ids(ids) for token, ids in _pairs(value).items()})


def _read_words(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset(word for each in value.split(",") if (word := each.strip()) not in _NOTHING)
    return frozenset(str(each) for each in _several(value))


def _plain(value: object) -> object:
    """Make JSON of mappings and sets, in a settled order."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return sorted(value) if isinstance(value, frozenset) else value


def as_text(value: object) -> str:
    """Write a value for a message to people."""
    return value if isinstance(value, str) else json.dumps(_plain(value), default=str)


def as_flag(value: object) -> str:
    """Write a value, once made JSON of, as its flag takes it."""
    if value is None or value in ("", {}, []):
        return "none"
    if isinstance(value, Mapping):
        return ",".join(f"{key}={_joined(each, '+')}" for key, each in value.items())
    return _joined(value, ",")


def _joined(value: object, mark: str) -> str:
    return mark.join(map(str, value)) if isinstance(value, list) else str(value)


ON_OFF = Kind("on | off", _read_on_off, lambda value: "on" if value else "off")
SECONDS = Kind("seconds, such as 0.02", _read_seconds, _plain)
COUNT = Kind("a whole number from 1, or none", _read_count, _plain)
LINE = Kind("one line of printable ASCII, or none", _read_line, str)
RETRY_AFTER = Kind("none | seconds | date:seconds | an HTTP date", _read_retry_after, str)
STATUSES = Kind("id=status pairs, such as 7=500,9=404, each status 400 to 599, or none", _read_statuses, _plain)
RIGHTS = Kind("token=ids pairs, such as demo-a=7+9,demo-b=3, or none", _read_rights, _plain)
WORDS = Kind("words with commas between them, or none", _read_words, _plain)
