"""Who asks: a request's credential, and the partition that it opens."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b

from gateway.domain import Partition
from gateway.errors import Code, RequestRefused
from gateway.incoming import Headers
from gateway.upstream.credentials import FORWARDED, Credential

_BYTES = 16  # a partition is in every name of a shared cache


@dataclass(frozen=True, slots=True)
class Caller:
    """The partition of everything this caller may see, and what opens it upstream.

    ``who``: the name by which a caller is limited and counted; it says nothing of the credential.
    """

    partition: Partition
    credential: Credential
    who: str


Identify = Callable[[Headers], Caller | Awaitable[Caller] | None]
"""None for a request that shows no credential where none is needed; what is to be awaited ends by itself.

RequestRefused for whoever is not let in.
"""


def forwarding(key: bytes) -> Callable[[Headers], Caller | None]:
    """Identify callers by the credential that is passed on; ``key``, of 64 bytes at most, keys the partitions."""

    def identify(headers: Headers) -> Caller | None:
        shown = tuple((name, value) for name in FORWARDED if (value := only(headers, name)))
        if not shown:
            return None
        own = partition(key, shown)
        return Caller(own, Credential(shown), own)

    return identify


def anonymous(own: Partition) -> Callable[[Headers], Caller]:
    """Take everyone for the same caller, whose calls carry the gateway's own credential and see what that one sees."""
    caller = Caller(own, Credential(()), own)
    return lambda _: caller


def partition(key: bytes, credential: Iterable[object]) -> Partition:
    """Return the name of what a credential may see; it says nothing of the credential to who has not the key."""
    return Partition(blake2b(repr(tuple(credential)).encode(), key=key, digest_size=_BYTES).hexdigest())


def only(headers: Headers, name: str) -> str:
    """Return the header's value; two that differ would leave open whose answer this is."""
    value = headers.only(name.lower().encode())
    if value is None:
        raise RequestRefused(400, Code.BAD_REQUEST, f"The request has more than one {name} header.")
    if not value.isascii():
        raise RequestRefused(400, Code.BAD_REQUEST, f"The {name} header is not plain ASCII.")
    return value
