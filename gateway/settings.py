"""Every setting: its name, type, default and one line of help. Read once, from the environment, GATEWAY_ in front."""

import os
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, AnyHttpUrl, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from gateway import agreement
from gateway.addresses import base_address, cache_address, keys_address, listing_origins, without_user
from gateway.agreement import disagreements, named
from gateway.rates import notation

PREFIX = agreement.PREFIX
_LEAST_SECRET = 32  # characters of a key
_HEADER_TEXT = re.compile("[!-~]+")
_SCOPES = r"^[!#-\[\]-~]+( [!#-\[\]-~]+)*$"  # RFC 6749, 3.3


class SettingsError(Exception):
    """The configuration cannot be used; each line of its text says which setting, what it is, and why not."""


def _sendable(secret: SecretStr) -> SecretStr:
    if not _HEADER_TEXT.fullmatch(secret.get_secret_value()):
        raise ValueError("only printable ASCII without spaces can be sent in a header")
    return secret


def _long(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < _LEAST_SECRET:
        raise ValueError(f"at least {_LEAST_SECRET} characters are wanted")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_sendable)]
Seconds = Annotated[float, Field(gt=0, le=300)]
Lifetime = Annotated[float, Field(ge=0, le=86_400)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    workers: int = Field(1, ge=1, le=64, description="Processes that answer, all on the one port.")
    drain_delay: float = Field(5, ge=0, le=300, description="Seconds that requests are still taken after SIGTERM.")
    upstream_url: Annotated[AnyHttpUrl, AfterValidator(base_address)] | None = Field(
        None, description="Base address of the KPI service; `serve` needs it, except with `--sandbox`."
    )
    upstream_auth: Literal["forward", "bearer", "api-key", "basic", "client-credentials"] = Field(
        "forward",
        description="`forward` passes the caller's `Authorization` or `X-Api-Key` on; "
        "the others are the gateway's own credential, from the settings below.",
    )
    upstream_token: Secret | None = Field(None, description="`bearer`: the token.")
    upstream_api_key: Secret | None = Field(None, description="`api-key`: the key, sent as `X-Api-Key`.")
    upstream_username: str | None = Field(None, pattern="^[^:]+$", description="`basic`: the user's name.")
    upstream_password: SecretStr | None = Field(None, description="`basic`: the password.")
    upstream_token_url: Annotated[AnyHttpUrl, AfterValidator(without_user)] | None = Field(
        None, description="`client-credentials` (OAuth2): the address that gives tokens."
    )
    upstream_client_id: str | None = Field(
        None, min_length=1, description="`client-credentials`: the gateway's id there."
    )
    upstream_client_secret: Secret | None = Field(None, description="`client-credentials`: its secret.")
    upstream_scope: str | None = Field(None, description="`client-credentials`: the scope to ask for, if any.")
    upstream_format: Literal["json", "xml"] = Field("json", description="What the KPI service is asked to write.")
    upstream_batching: Literal["auto", "off"] = Field(
        "auto",
        description="`auto` finds out which way of batching works and guards it; `off` is one GET a KPI.",
    )
    upstream_batch_size: int = Field(100, ge=1, le=1000, description="The most items in one call.")
    upstream_concurrency: int = Field(16, ge=1, le=1000, description="The most calls at once.")
    upstream_timeout: Seconds = Field(5, description="Seconds for one call.")
    request_timeout: Seconds = Field(15, description="Seconds for one operation.")
    caller_auth: Literal["none", "jwt"] = Field(
        "none",
        description="How callers prove who they are; `none`: not to the gateway; `jwt`: by a token that it verifies.",
    )
    jwks_url: Annotated[AnyHttpUrl, AfterValidator(keys_address)] | None = Field(
        None, description="`jwt`: the address of the issuer's keys (JWK Set); https, or http on this machine."
    )
    jwt_issuer: str | None = Field(None, min_length=1, description="`jwt`: whose tokens are taken (`iss`).")
    jwt_audience: str | None = Field(None, min_length=1, description="`jwt`: for whom they have to be (`aud`).")
    jwt_scope: str | None = Field(
        None,
        pattern=_SCOPES,
        description="`jwt`: the scopes that a caller needs, all of them, with blanks between.",
    )
    allow_anonymous: bool = Field(
        default=False,
        description="Serve everyone with the gateway's own credential; without it such a gateway does not start.",
    )
    cache_url: Annotated[str, AfterValidator(cache_address)] = Field(
        "memory://",
        repr=False,
        description="Where values are kept: `memory://` for this process; "
        "`redis://[user:password@]host:port/db` (`rediss://` with TLS), Redis or Valkey, for many; `none://` nowhere.",
    )
    cache_secret: Annotated[SecretStr, AfterValidator(_long)] | None = Field(
        None,
        description="Keys the credentials' partitions of a shared cache, 32 characters at least, the same for all who "
        "share it; needed for `redis://`.",
    )
    cache_entries: int = Field(50_000, ge=1, description="The most values in the memory of one process.")
    cache_ttl: Lifetime = Field(30, description="Seconds that a value of an open period lives, or that of no customer.")
    cache_closed_ttl: Lifetime = Field(3600, description="Seconds that a value of a closed period lives.")
    cache_settle_days: int = Field(
        7, ge=0, le=3660, description="A period is closed when it ended more than so many days ago."
    )
    cache_stale: Annotated[float, Field(ge=0, le=86_400)] = Field(
        300, description="Seconds past its end that a value may stand in for a failing upstream."
    )
    cache_vouched: Annotated[float, Field(ge=0, le=3600)] = Field(
        60, description="`forward`: seconds that an upstream answer vouches for the credential that got it."
    )
    graphiql: bool = Field(default=False, description="Serve GraphiQL at `/` and to browsers at `/graphql`.")
    introspection: bool = Field(default=False, description="Answer introspection, and suggest names in errors.")
    ftv1: bool = Field(
        default=False,
        description="Time the fields for a router that asks for it (`apollo-federation-include-trace: ftv1`), and send "
        "the trace beside the answer.",
    )
    cors_origins: Annotated[str, AfterValidator(listing_origins)] | None = Field(
        None, description="Origins whose pages may ask, with commas: `https://app.example.com,https://example.com`."
    )
    max_body_bytes: int = Field(102_400, ge=1024, description="The longest request body, in bytes.")
    max_tokens: int = Field(2000, ge=1, description="The most tokens of a document: names, brackets, values, comments.")
    max_depth: int = Field(12, ge=1, description="The most fields within each other, fragments spread out.")
    max_aliases: int = Field(30, ge=0, description="The most aliases of an operation, fragments spread out.")
    max_customers: int = Field(200, ge=1, description="The most ids, or representations, in one list.")
    max_kpis: int = Field(
        500, ge=1, description="The most KPIs that one operation asks for, each customer and period counted once."
    )
    max_operations: int = Field(10, ge=1, description="The most operations in one array.")
    max_requests: int = Field(1000, ge=1, description="The most requests at once; more are told to come again (503).")
    rate_limit_requests: Annotated[str, AfterValidator(notation)] | None = Field(
        None, description="The most requests of one caller in a while: `600/minute`, `50/second`, `9000/2 hours`."
    )
    rate_limit_kpis: Annotated[str, AfterValidator(notation)] | None = Field(
        None, description="The most KPIs that one caller asks for in a while, counted as for `GATEWAY_MAX_KPIS`."
    )
    persisted_operations: Literal["off", "apq", "allow", "only"] = Field(
        "apq",
        description="Documents by hash: `off`; `apq`, those that clients register; `allow`, those of the manifest too; "
        "`only` those of the manifest, and no other document at all.",
    )
    persisted_manifest: Path | None = Field(
        None, description="`allow`, `only`: the file of trusted documents; it is read again when it changes."
    )
    federation_version: Literal[
        "2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11", "2.12"
    ] = Field("2.9", description="The version of Apollo Federation whose directives the schema has.")
    federation_auth: bool = Field(
        default=False, description="Say `@authenticated` of KPIs, for a router that knows its callers itself."
    )
    metrics: bool = Field(
        default=True, description="Serve metrics at `/metrics`, for Prometheus; not to be routed to the outside."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")
    log_format: Literal["text", "json"] | None = Field(None, description="By itself `text` on a terminal, else `json`.")

    @model_validator(mode="after")
    def _credential(self) -> Self:
        """Refuse a credential that is not whole, or not used, or that would be shown to everyone unawares."""
        if told := next(disagreements(dict(self)), None):
            raise ValueError(told)
        return self

    @property
    def is_cache_shared(self) -> bool:
        return not self.cache_url.startswith(("memory:", "none:"))

    @model_validator(mode="after")
    def _cache(self) -> Self:
        """Refuse a shared cache whose partitions anyone could tell, and a secret that would not be used."""
        if self.is_cache_shared and self.cache_secret is None:
            raise ValueError(f"{named('cache_url')} is a shared cache: {named('cache_secret')} must be set")
        if self.cache_secret and not self.is_cache_shared:
            raise ValueError(f"{named('cache_secret')} would not be used: it is for a shared cache")
        return self

    @model_validator(mode="after")
    def _manifest(self) -> Self:
        """Refuse a manifest that would not be used, and a way of answering that lacks one."""
        is_wanted = self.persisted_operations in {"allow", "only"}
        told = f"{named('persisted_operations')} is '{self.persisted_operations}': {named('persisted_manifest')}"
        if is_wanted and self.persisted_manifest is None:
            raise ValueError(f"{told} must be set")
        if self.persisted_manifest and not is_wanted:
            raise ValueError(f"{told} would not be used")
        return self

    @classmethod
    def read(cls, **overrides: Any) -> Self:
        """Return the settings; SettingsError for an unknown name or a bad value. Overrides win."""
        if unknown := sorted(name for name in os.environ if _is_ours(name) and _field(name) not in cls.model_fields):
            raise SettingsError("\n".join(_unknown(name) for name in unknown))
        try:
            return cls(**overrides)
        except ValidationError as error:
            raise SettingsError("\n".join(_bad_values(error))) from None


def _is_ours(name: str) -> bool:
    return name.upper().startswith(PREFIX)


def _field(name: str) -> str:
    return name.upper().removeprefix(PREFIX).lower()


def _unknown(name: str) -> str:
    known = [named(field) for field in Settings.model_fields]
    nearest = get_close_matches(name.upper(), known, n=1, cutoff=0)
    return f"{name} is not a setting; the nearest is {nearest[0]}"


def _bad_values(error: ValidationError) -> Iterator[str]:
    for entry in error.errors(include_url=False, include_context=False):
        reason = entry["msg"].removeprefix("Value error, ")
        if not entry["loc"]:  # of several settings together: the reason names them
            yield reason
            continue
        field = str(entry["loc"][0])
        yield f"{named(field)} is {_shown(field, str(entry['input']))}: {reason}"


def _shown(field: str, given: str) -> str:
    """Quote a value, unless it is a secret, or may hold one as an address may."""
    is_secret = _is_of_secrets(Settings.model_fields[field].annotation)
    return "(not shown)" if is_secret or set("@?#") & set(given) else repr(given)


def _is_of_secrets(annotation: object) -> bool:
    return annotation is SecretStr or any(map(_is_of_secrets, get_args(annotation)))
