"""A restart under load, behind HAProxy."""

import os
import shutil

import pytest

# In CI always; elsewhere where there is a HAProxy.
collect_ignore_glob = [] if "CI" in os.environ or shutil.which("haproxy") else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if collect_ignore_glob:
        terminalreporter.write_line("tests/rolling are left out: they need a haproxy on the path")
