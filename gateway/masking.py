"""What a client may read of an error: the only exit, and nothing unnamed passes it."""

import logging
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError

from gateway.errors import BadUserInput, FieldFailure, GatewayError, InternalError, RequestRefused, let_go
from gateway.telemetry import ids

_LONGEST_MESSAGE = 500  # characters: GraphQL quotes what was sent
_log = logging.getLogger(__name__)


def public_all(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Return the errors of an execution as the client may see them; they are let go of."""
    told = [public(error) for error in errors]
    let_go(errors)
    return told


def public(error: GraphQLError) -> dict[str, Any]:
    """Return an execution error as the client may see it: ``message``, ``locations``, ``path``, ``extensions``."""
    cause = error.original_error
    concerns = cause.concerns if isinstance(cause, FieldFailure) else {}
    failure = _failure(error, cause.error if isinstance(cause, FieldFailure) else cause)
    return {
        "message": _brief(failure.public),
        "locations": [location.formatted for location in error.locations or ()],
        **({"path": error.path} if error.path else {}),
        "extensions": {**_extensions(failure), **concerns},
    }


def public_refusal(refused: RequestRefused) -> list[dict[str, Any]]:
    """Return why a request is not executed: GraphQL's own words about the document, or our sentence.

    It is let go of.
    """
    let_go([refused])
    return [
        {
            "message": _brief(cause.message),
            "locations": [location.formatted for location in cause.locations or ()],
            "extensions": _extensions(refused) | (cause.extensions or {}),
        }
        for cause in refused.causes
        if isinstance(cause, GraphQLError)
    ] or [{"message": _brief(refused.public), "extensions": _extensions(refused)}]


def _brief(message: str) -> str:
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"


def _failure(error: GraphQLError, cause: Exception | None) -> GatewayError:
    if isinstance(cause, GatewayError):
        return cause
    told = error if cause is None and error.path is None else cause  # of the operation itself, or of a field
    if isinstance(told, GraphQLError) and told.nodes:
        return BadUserInput(told.message)  # an argument that only execution could judge: the document's own words
    _log.error("an operation failed at %s", error.path, exc_info=cause or error)
    return InternalError()


def _extensions(failure: GatewayError) -> dict[str, Any]:
    """Return code and retryable always, the rest where it is known; ``retryAfter`` in seconds."""
    ids.failed(failure.code)
    told: dict[str, Any] = {"code": failure.code, "retryable": failure.retryable}
    if failure.retry_after is not None:
        told["retryAfter"] = failure.retry_after
    if failure.upstream_status is not None:
        told["upstreamStatus"] = failure.upstream_status
    return told
