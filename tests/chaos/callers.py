"""Those who ask, and what each shows. `old` may be revoked, a stranger's token is unknown, nobody shows nothing."""

import base64

CALLERS: dict[str, dict[str, str]] = {
    "anna": {"Authorization": "Bearer demo-anna"},
    "bert": {"X-Api-Key": "demo-bert"},
    "cleo": {"Authorization": "Basic " + base64.b64encode(b"demo-cleo:").decode()},
    "old": {"Authorization": "Bearer demo-old"},
    "stranger": {"Authorization": "Basic " + base64.b64encode(b"unheard-of:").decode()},
    "nobody": {},
}
TOKENS = {
    "anna": "demo-anna",
    "bert": "demo-bert",
    "cleo": "demo-cleo",
    "old": "demo-old",
    "stranger": "unheard-of",
    "nobody": "",
}
SECRETS = (
    *(token for token in TOKENS.values() if token),
    *(text.rpartition(" ")[2] for shown in CALLERS.values() for text in shown.values()),
)
