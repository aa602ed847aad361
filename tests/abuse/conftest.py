"""`pytest tests/abuse/test_fuzz.py --hypothesis-profile=requests`: four tests, a hundred thousand requests in all."""

import hypothesis

hypothesis.settings.register_profile(
    "requests",
    hypothesis.settings.get_profile("untimed"),
    max_examples=25_000,
    derandomize=False,
    database=None,
)
