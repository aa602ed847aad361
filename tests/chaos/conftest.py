"""`pytest tests/chaos --hypothesis-profile=chaos`: the same tests for about half an hour.

A test's share of a profile's examples is in its own settings: its examples take seconds.
"""

import hypothesis

hypothesis.settings.register_profile(
    "chaos", hypothesis.settings.get_profile("untimed"), max_examples=1000, stateful_step_count=120, derandomize=False
)
