"""What each code of an error means to whoever asked, and whether to ask again: as GraphiQL and the README tell it."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway.errors import Code


class Meaning(NamedTuple):
    """What it means, and whether to ask again."""

    meaning: str
    again: str


MEANINGS: Mapping[Code, Meaning] = {
    Code.BAD_USER_INPUT: Meaning(
        "an id, a day, a period or a variable is not valid; the message says which",
        "no, mend it",
    ),
    Code.UNAUTHENTICATED: Meaning("there is no credential, or it is not accepted", "with another one"),
    Code.FORBIDDEN: Meaning("the credential may not see this customer, or lacks a scope", "no"),
    Code.UPSTREAM_TIMEOUT: Meaning("the KPI service did not answer in time", "yes"),
    Code.UPSTREAM_UNAVAILABLE: Meaning(
        "the KPI service cannot be reached, says so itself, or failed so often that it is left alone; "
        "or the keys cannot be had that tokens are verified with",
        "yes, after retryAfter",
    ),
    Code.UPSTREAM_THROTTLED: Meaning(
        "the KPI service wants to be asked less often, or too much waits for it already",
        "after retryAfter",
    ),
    Code.UPSTREAM_CONTRACT: Meaning(
        "the KPI service answered with something that is not this customer's KPI",
        "no, tell its owners",
    ),
    Code.UPSTREAM_ERROR: Meaning(
        "the KPI service failed for this customer, or does not accept the gateway's own credential",
        "if retryable",
    ),
    Code.GRAPHQL_PARSE_FAILED: Meaning("the document is not GraphQL", "no, mend it"),
    Code.GRAPHQL_VALIDATION_FAILED: Meaning("the document does not fit the schema", "no, mend it"),
    Code.OPERATION_RESOLUTION_FAILURE: Meaning(
        "which operation of the document to run cannot be told",
        "no, set operationName",
    ),
    Code.PERSISTED_QUERY_NOT_FOUND: Meaning("no document is known by this hash or id", "with the document"),
    Code.PERSISTED_QUERY_NOT_SUPPORTED: Meaning("documents are not answered by hash here", "with the document"),
    Code.PERSISTED_QUERY_HASH_MISMATCH: Meaning(
        "the document does not have the hash or id that was said",
        "no, mend it",
    ),
    Code.PERSISTED_QUERY_REQUIRED: Meaning("only the documents of a manifest are answered here", "no, use one of them"),
    Code.INTROSPECTION_DISABLED: Meaning("introspection is off here", "no"),
    Code.BAD_REQUEST: Meaning("the HTTP request is not a GraphQL request", "no, mend it"),
    Code.REQUEST_LIMIT_EXCEEDED: Meaning(
        "a limit was passed; the message names it and its setting",
        "no, ask for less; after retryAfter if retryable",
    ),
    Code.RATE_LIMIT_EXCEEDED: Meaning(
        "this caller has asked for as much as it may in a while; the message names the rate and its setting",
        "after retryAfter; for less, where there is none",
    ),
    Code.INTERNAL_SERVER_ERROR: Meaning("the gateway's own fault; its log has the request's id", "perhaps"),
}
