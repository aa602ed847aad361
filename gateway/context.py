"""What one operation carries through its resolvers."""

from dataclasses import dataclass

from gateway.identity.caller import Caller
from gateway.loaders import Loader
from gateway.tags import Tags


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, and the loader that asks on their behalf until the operation's deadline; tags, if wanted."""

    caller: Caller
    loader: Loader
    tags: Tags | None = None
