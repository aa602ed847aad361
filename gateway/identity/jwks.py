"""One fetch of a JWK Set over HTTP, within bounds of time and size."""

import asyncio
from collections.abc import Callable

import httpx

from gateway.identity.keys import Keys, UnusableKeysError, read

END = 5.0  # seconds for all of it
MOST_BYTES = 262_144
_HEADERS = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}


async def fetch(url: str, open_client: Callable[[], httpx.AsyncClient], end: float = END) -> Keys:
    """Return the keys that are published there, within ``end`` seconds.

    UnusableKeysError, in words for the log, when there are none.

    The client is opened for this fetch alone: httpx's pool loses a connection whose call is given up (encode/httpcore
    1093), so none outlives one. Redirects are not followed.
    """
    try:
        async with asyncio.timeout(end), open_client() as client, client.stream("GET", url, headers=_HEADERS) as answer:
            return read(await _body(answer))
    except TimeoutError:
        raise UnusableKeysError(f"no answer within {end:g} seconds") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise UnusableKeysError(type(error).__name__) from None


async def _body(answer: httpx.Response) -> bytes:
    if answer.status_code != 200:
        raise UnusableKeysError(f"the answer has status {answer.status_code}")
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise UnusableKeysError("the answer has a coding that was not asked for")
    body = bytearray()
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise UnusableKeysError(f"the answer is longer than {MOST_BYTES} bytes")
    return bytes(body)
