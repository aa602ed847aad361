"""What the process says of itself: its log. No credential and, at info, no customer's id is ever in it."""

import logging
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The request that is being answered; each of its log lines carries it, those of its upstream calls included."""

_LINE = "%(asctime)s %(levelname)-7s %(request_id)s %(name)s  %(message)s"


def configure_log(level: str) -> None:
    """Log to standard error from this level on, each line with its request's id.

    uvicorn says less, for the command line says where it is better.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(_LINE))
    handler.addFilter(_with_request_id)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def _with_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    return True
