"""What the process says of itself: its log. No credential and, at info, no customer's id is ever in it."""

import logging


def configure_log(level: str) -> None:
    """Log to standard error from this level on.

    httpx stays quiet, for its lines hold addresses with ids, and so does uvicorn, for the command line says it better.
    """
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)-7s %(name)s  %(message)s", force=True)
    for talkative in ("httpx", "httpcore", "uvicorn"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
