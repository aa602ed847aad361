"""`pytest tests/plan --hypothesis-profile=fuzz`: three tests of agreement on 100,000 operations in all, for hours."""

import hypothesis

hypothesis.settings.register_profile(
    "fuzz", hypothesis.settings.get_profile("untimed"), max_examples=33_334, derandomize=False
)
