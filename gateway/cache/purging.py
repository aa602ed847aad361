"""Emptying a shared cache, for every caller."""

from redis.exceptions import RedisError

from gateway.cache.encoding import Names
from gateway.cache.server import connect
from gateway.domain import CustomerId

_AT_ONCE = 1000


class PurgeError(Exception):
    """The server cannot be asked, or refuses: some may have been deleted by then. The text says what it was."""


async def purge(url: str, names: Names, customer: CustomerId | None) -> int:
    """Delete an upstream's entries, of one customer or all, whatever version wrote them; returns how many.

    ValueError for an address that cannot be used.
    """
    deleted = 0
    redis = connect(url)
    try:
        found = [name async for name in redis.scan_iter(names.pattern(customer), count=_AT_ONCE)]
        for start in range(0, len(found), _AT_ONCE):
            deleted += await redis.unlink(*found[start : start + _AT_ONCE])
    except (RedisError, OSError) as error:
        raise PurgeError(f"the shared cache cannot be purged: {type(error).__name__}") from None
    finally:
        await redis.aclose()
    return deleted
