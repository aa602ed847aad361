"""The tree of failures: each with its code and the one sentence a client may read.

GatewayError
├── RequestRefused         the whole request, before anything is executed; has an HTTP status
│   └── HashMissed             it had a document's hash alone; its client sends the document when it is told so
├── BadUserInput           one argument, at one path
├── Unauthenticated        no credential, or one the upstream does not accept
├── Forbidden              the credential does not reach this customer
├── UpstreamError          the upstream could not be asked, or answered with a failure
│   ├── UpstreamTimeout
│   │   └── DeadlinePassed     the operation's time was up before there was an answer
│   ├── UpstreamUnavailable
│   │   └── CircuitOpen        it was not asked: it fails too often just now
│   ├── UpstreamThrottled
│   │   └── QueueFull          it was not asked: too much waits for it already
│   ├── UpstreamContract       it answered, but not what it declares
│   └── CredentialRefused      it does not take the gateway's own credential, or there is none
└── InternalError          ours

FieldFailure carries one of them from its field, with the public words for what it concerns.

``str(error)`` is for the log; ``public`` is for the client and says nothing of the upstream's text.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, TypeVar

_K = TypeVar("_K")


class Code(StrEnum):
    """Every value that ``extensions.code`` of an error can have."""

    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    OPERATION_RESOLUTION_FAILURE = "OPERATION_RESOLUTION_FAILURE"
    BAD_REQUEST = "BAD_REQUEST"
    BAD_USER_INPUT = "BAD_USER_INPUT"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    REQUEST_LIMIT_EXCEEDED = "REQUEST_LIMIT_EXCEEDED"
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
    PERSISTED_QUERY_NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
    PERSISTED_QUERY_HASH_MISMATCH = "PERSISTED_QUERY_HASH_MISMATCH"
    PERSISTED_QUERY_REQUIRED = "PERSISTED_QUERY_REQUIRED"
    INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED"
    UPSTREAM_TIMEOUT = "UPSTREAM_TIMEOUT"
    UPSTREAM_UNAVAILABLE = "UPSTREAM_UNAVAILABLE"
    UPSTREAM_THROTTLED = "UPSTREAM_THROTTLED"
    UPSTREAM_CONTRACT = "UPSTREAM_CONTRACT"
    UPSTREAM_ERROR = "UPSTREAM_ERROR"
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"


class GatewayError(Exception):
    """A failure with a name."""

    code: ClassVar[Code]
    retryable: bool = False
    retry_after: int | None = None  # seconds
    upstream_status: int | None = None
    public: str


class RequestRefused(GatewayError):
    """The request is not executed: the answer has this HTTP status and no ``data``.

    ``causes`` are the errors of GraphQL itself, where there are any: each is told with its place in the document.
    """

    code: Code  # type: ignore[misc]  # one class for all refusals: the code is each one's own
    limit: str = ""  # the setting that refused it, in lower case and without its prefix

    def __init__(self, status: int, code: Code, public: str, causes: Sequence[Exception] = ()) -> None:
        super().__init__(public)
        self.status = status
        self.code = code
        self.public = public
        self.causes = causes


class HashMissed(RequestRefused):
    """A document is not known by the hash that was sent in its place."""


class BadUserInput(GatewayError):
    code = Code.BAD_USER_INPUT

    def __init__(self, public: str) -> None:
        super().__init__(public)
        self.public = public


class Unauthenticated(GatewayError):
    code = Code.UNAUTHENTICATED
    public = "The request carries no credential that is accepted. Send an Authorization or X-Api-Key header."


class Forbidden(GatewayError):
    code = Code.FORBIDDEN
    public = "This credential may not see this customer."


class UpstreamError(GatewayError):
    """The upstream's failure. Arguments: a detail for the log, and what the client may know of it."""

    code = Code.UPSTREAM_ERROR
    public = "The KPI service could not answer for this customer."

    def __init__(
        self,
        detail: str = "",
        *,
        retryable: bool | None = None,
        retry_after: int | None = None,
        upstream_status: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.retryable = self.retryable if retryable is None else retryable
        self.retry_after = retry_after
        self.upstream_status = upstream_status


class UpstreamTimeout(UpstreamError):
    code = Code.UPSTREAM_TIMEOUT
    public = "The KPI service did not answer in time."
    retryable = True


class DeadlinePassed(UpstreamTimeout):
    """The operation's time was up; that may be the gateway's doing, with too much asked of it."""


class UpstreamUnavailable(UpstreamError):
    code = Code.UPSTREAM_UNAVAILABLE
    public = "The KPI service is not available."
    retryable = True


class UpstreamThrottled(UpstreamError):
    code = Code.UPSTREAM_THROTTLED
    public = "The KPI service asks to be called less often."
    retryable = True


class UpstreamContract(UpstreamError):
    code = Code.UPSTREAM_CONTRACT
    public = "The KPI service answered with something that is not a KPI of this customer."


class CircuitOpen(UpstreamUnavailable):
    """The upstream was not asked, for it failed too often of late; ``retry_after`` says when it will be."""


class QueueFull(UpstreamThrottled):
    """The upstream was not asked, for more waits for it already than the gateway takes on."""

    public = "Too many calls to the KPI service are waiting already."


class CredentialRefused(UpstreamError):
    """Nothing that a caller could mend: the gateway's own credential is not accepted, or it gets none."""

    public = "The gateway has no credential that the KPI service accepts."


def failures(outcomes: Mapping[_K, object]) -> dict[_K, GatewayError]:
    """Return what failed of the outcomes; there are hardly ever any, which is found out for all of them at once."""
    if not any(issubclass(kind, GatewayError) for kind in set(map(type, outcomes.values()))):
        return {}
    return {key: outcome for key, outcome in outcomes.items() if isinstance(outcome, GatewayError)}


class FieldFailure(Exception):
    """A failure at a field, with the public words for what it concerns: ``customerId``, ``from``, ``to``."""

    def __init__(self, error: GatewayError, concerns: Mapping[str, str]) -> None:
        super().__init__(str(error))
        self.error = error
        self.concerns = concerns


class InternalError(GatewayError):
    code = Code.INTERNAL_SERVER_ERROR
    public = "Something went wrong in the gateway. Its log has the details under this request's id."
