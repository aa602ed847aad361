"""What ends a call without a result: three families, told apart by the body they get."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

NOT_IMPLEMENTED = "NotImplementedException"
SERIALIZATION = "SerializationException"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A request member that could not be bound."""

    name: str
    value: str


class CallError(Exception):
    """Why there is no result. `completed` counts the batch items done before it, once execution began."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        fields: Sequence[FieldFault] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields
        self.completed: int | None = None


class PipelineError(CallError):
    """Family A, from before the service: always a ResponseStatus."""


class ServiceError(CallError):
    """Family B, from the service: the response DTO with zeros, unless the app adds a ResponseStatus."""


class BareError(CallError):
    """What ASP.NET answers by itself, where ServiceStack is not asked: no body, or plain text."""

    def __init__(self, status: int, text: str = "", **headers: str) -> None:
        super().__init__(status, status_name(status), text)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class FilterError(BareError):
    """What ServiceStack's authentication filter answers by itself."""


def status_name(status: int) -> str:
    """Name a status as .NET does: 404 is NotFound."""
    try:
        return "".join(word.capitalize() for word in HTTPStatus(status).phrase.replace("-", " ").split())
    except ValueError:
        return str(status)
