"""Every setting: its name, type, default and one line of help. Read once, from the environment, GATEWAY_ in front."""

import os
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AnyHttpUrl, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "GATEWAY_"


class SettingsError(Exception):
    """The configuration cannot be used; each line of its text says which setting, what it is, and why not."""


def _base_address(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.username or url.password or url.query or url.fragment:
        raise ValueError("a base address has no user, query or fragment")
    return url


Seconds = Annotated[float, Field(gt=0, le=300)]


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    upstream_url: Annotated[AnyHttpUrl, AfterValidator(_base_address)] | None = Field(
        None, description="Base address of the KPI service; `serve` needs it, except with `--sandbox`."
    )
    upstream_format: Literal["json", "xml"] = Field("json", description="What the KPI service is asked to write.")
    upstream_batching: Literal["auto", "off"] = Field(
        "auto",
        description="`auto` finds out which way of batching works and guards it; `off` is one GET a KPI.",
    )
    upstream_batch_size: int = Field(100, ge=1, le=1000, description="The most items in one call.")
    upstream_concurrency: int = Field(16, ge=1, le=1000, description="The most calls at once.")
    upstream_timeout: Seconds = Field(5, description="Seconds for one call.")
    request_timeout: Seconds = Field(15, description="Seconds for one operation.")
    graphiql: bool = Field(default=False, description="Serve GraphiQL at `/` and to browsers at `/graphql`.")
    introspection: bool = Field(default=False, description="Answer introspection, and suggest names in errors.")
    max_body_bytes: int = Field(102_400, ge=1024, description="The longest request body, in bytes.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")

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
    known = [PREFIX + field.upper() for field in Settings.model_fields]
    nearest = get_close_matches(name.upper(), known, n=1, cutoff=0)
    return f"{name} is not a setting; the nearest is {nearest[0]}"


def _bad_values(error: ValidationError) -> Iterator[str]:
    for entry in error.errors(include_url=False, include_context=False):
        given = entry["input"]
        shown = "(not shown)" if set("@?#") & set(str(given)) else repr(given)  # an address may hold a secret
        reason = entry["msg"].removeprefix("Value error, ")
        yield f"{PREFIX}{str(entry['loc'][0]).upper()} is {shown}: {reason}"
