"""Origins as browsers name them: a scheme, a host, and a port where it is not the scheme's usual one."""

import re

_ORIGIN = re.compile(
    r"([a-z][a-z0-9+.-]*)://(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::([1-9][0-9]{0,4}))?"
)
_USUAL_PORTS = {"http": "80", "https": "443"}


def origins(text: str) -> list[str]:
    """Return the origins of a list with commas; ValueError names the first that no browser would send."""
    read = [origin for part in text.split(",") if (origin := part.strip())]
    for origin in read:
        if not _is_origin(origin):
            raise ValueError(
                f"'{origin}' is no origin as browsers name it, such as https://app.example.com or "
                "http://localhost:3000: in lower case, without the usual port, without a path, and never *"
            )
    return read


def _is_origin(text: str) -> bool:
    parts = _ORIGIN.fullmatch(text)
    if parts is None:
        return False
    scheme, port = parts.groups()
    return port is None or (int(port) <= 65535 and _USUAL_PORTS.get(scheme) != port)
