"""A sandbox to ask, fresh for each test."""

import pytest

from tests.sandbox import asking


@pytest.fixture
def upstream() -> asking.Upstream:
    return asking.upstream()


@pytest.fixture
def batching(upstream: asking.Upstream) -> asking.Upstream:
    """Return an upstream whose service takes any verb, so that a plain POST can batch."""
    upstream.set(csharp_method="Any")
    return upstream
