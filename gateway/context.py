"""What one operation carries through its resolvers."""

from dataclasses import dataclass

from gateway.identity import Caller
from gateway.loaders import Loader


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, and the loader that asks on their behalf until the operation's deadline."""

    caller: Caller
    loader: Loader
