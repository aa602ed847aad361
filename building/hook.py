"""Hatchling's hook: a wheel holds GraphiQL's page, built. An editable install does not wait for it."""

import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface[Any]):
    """Builds the page in a process of its own: hatchling imports nothing from the project's folder."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        if version != "editable":
            subprocess.run([sys.executable, "-m", "building.page"], cwd=self.root, check=True)
