"""Who asks, and the five shapes of a 401.

`demo` and `demo-<anything>` are the tokens of so many callers, accepted as `Authorization: Bearer`, as `X-Api-Key`
and as the user name of Basic. The token `expired` is a JWT past its time.
"""

import base64
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from gateway.sandbox.failures import BareError, FilterError, PipelineError
from gateway.sandbox.formats import Format
from gateway.sandbox.incoming import Incoming
from gateway.sandbox.switches import Switches

DEMO_TOKEN = "demo"  # noqa: S105  # what the sandbox accepts; it opens nothing else

_EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Credential:
    scheme: Literal["bearer", "key", "basic"]
    token: str
    password: str = ""


def presented(incoming: Incoming) -> Credential | None:
    scheme, _, value = (incoming.header("authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return Credential("bearer", value.strip())
    if scheme.lower() == "basic":
        return _basic(value.strip())
    if key := incoming.header("x-api-key"):
        return Credential("key", key)
    return None


def _basic(encoded: str) -> Credential | None:
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return Credential("basic", name, password)


def admit(incoming: Incoming, switches: Switches, form: Format) -> str:
    """Return the caller's token, or raise the refusal the auth mode gives."""
    credential = presented(incoming)
    if switches.auth == "none":
        return credential.token if credential else ""
    if credential and _accepted(credential.token, switches):
        _require_role(credential.token, switches, incoming)
        return credential.token
    if switches.auth == "jwt":
        raise _jwt_refusal(credential, switches, incoming, form)
    if switches.auth == "attribute" and credential and credential.scheme == "basic" and not credential.password:
        raise PipelineError(404, "NotFound", "API Key does not exist")
    if form is Format.HTML:
        raise _to_login(incoming)
    if switches.auth == "declarative":
        raise PipelineError(401, "Unauthorized", "Not Authenticated")
    raise FilterError(401, WWW_Authenticate='Basic realm="/auth/apikey"')


def _accepted(token: str, switches: Switches) -> bool:
    known = token == DEMO_TOKEN or token.startswith(f"{DEMO_TOKEN}-")
    return known and token not in switches.revoked


def _require_role(token: str, switches: Switches, incoming: Incoming) -> None:
    if token not in switches.roleless:
        return
    if switches.auth == "attribute":
        raise FilterError(403, f"Forbidden\n\nRequest.HttpMethod: {incoming.verb}\nRequest.PathInfo: {incoming.path}")
    raise PipelineError(403, "Forbidden", "Sales Role Required")


def _jwt_refusal(
    credential: Credential | None, switches: Switches, incoming: Incoming, form: Format
) -> BareError | PipelineError:
    if switches.routing == "endpoint":
        error = ' error="invalid_token"' if credential else ""
        return BareError(401, WWW_Authenticate=f"Bearer{error}")
    if credential:
        expired = credential.token == _EXPIRED
        return PipelineError(401, "TokenException", "Token has expired" if expired else "Token is invalid")
    if form is Format.HTML:
        return _to_login(incoming)
    return FilterError(401, WWW_Authenticate='jwt realm="/auth/jwt"')


def _to_login(incoming: Incoming) -> FilterError:
    return FilterError(302, Location=f"/login?redirect={quote(incoming.url, safe='')}")
