"""The KPI service, as cheap as it can be made: every customer has the same figures, whatever the period.

Amounts are ones that binary floating point writes as they are, for peers that read them so; ``amounts=text`` has them
as strings, for one that cannot make them strings. An argument says how many milliseconds an answer is delayed by.
"""

import asyncio
import sys

import orjson
import uvicorn
from starlette.types import Receive, Scope, Send

_TEXT = (
    b'{"boosterCustomerId":%d,"totalTransaction":12,"totalSales":14,"totalReturn":2,"totalItems":31,'
    b'"averageBasketAmount":2150.5,"totalSpendingAmount":25806.1,"currencyCode":"EUR"}'
)
_AMOUNTS_AS_TEXT = _TEXT.replace(b"2150.5", b'"2150.5"').replace(b"25806.1", b'"25806.1"')
_DELAY = int(sys.argv[1]) / 1000 if sys.argv[1:] else 0
_IDLE = 3600  # seconds that a connection is kept: longer than a run, so that no peer meets one that is just closing
_JSON = (b"content-type", b"application/json; charset=utf-8")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer ``GET /customer/{id}/kpi``, and any POST as a batch."""
    headers = [_JSON]
    if scope["method"] == "GET":
        text = _AMOUNTS_AS_TEXT if b"amounts=text" in scope["query_string"] else _TEXT
        body = text % int(scope["path"].split("/")[2])
    else:
        items = orjson.loads(await _read(receive))
        body = b"[%b]" % b",".join([_TEXT % item["boosterCustomerId"] for item in items])
        headers.append((b"x-autobatch-completed", b"%d" % len(items)))
    headers.append((b"content-length", b"%d" % len(body)))
    if _DELAY:
        await asyncio.sleep(_DELAY)
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    return body


if __name__ == "__main__":
    uvicorn.run(app, port=0, access_log=False, lifespan="off", timeout_keep_alive=_IDLE)
