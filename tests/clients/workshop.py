"""Where the clients' programs are: their code is made from schema.graphql, they run, and tell what they saw."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from building.node import Installation
from tests.test_schema import PRINTED

HERE = Path(__file__).parent
INSTALLED = Installation(HERE)
_ROOT = HERE.parent.parent
_LONGEST = 60.0  # seconds, for one command
_RELAY_COMPILER = "node_modules/relay-compiler/cli.js"
_CODEGEN = "node_modules/@graphql-codegen/cli/cjs/bin.js"
_APOLLOS_MANIFEST = "node_modules/@apollo/generate-persisted-query-manifest/cli.js"
_TSC = "node_modules/typescript/bin/tsc"

Command = Sequence[str | Path]


class Workshop:
    """Runs each client's program once, against gateways whose addresses are in the ``variables``."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        shutil.copytree(HERE / "programs", folder, dirs_exist_ok=True)
        for file in (PRINTED, HERE / "package.json"):
            shutil.copy(file, folder)
        (folder / "node_modules").symlink_to(INSTALLED.packages)
        for made_by_relay in ("artifacts", "persisted"):
            (folder / made_by_relay).mkdir()
        self.folder = folder
        self._variables = {"PYTHONPATH": f"{_ROOT}:{folder}", **variables}
        self._seen: dict[str, Any] = {}

    def make(self, client: str) -> None:
        """Have a client's tools make its code, if it has any."""
        for command in _makings().get(client, ()):
            self.run(command)

    def seen(self, client: str) -> Any:
        """Return what a client's program printed; it is made and run when it is first asked for."""
        if client not in self._seen:
            self.make(client)
            self._seen[client] = self.ask(client, OWN_CUSTOMER=str(1000 + len(self._seen)))
        return self._seen[client]

    def ask(self, client: str, **variables: str) -> Any:
        """Run a client's program, which is to have nothing to complain about; returns what it printed."""
        done = self.run(_program(client), **variables)
        assert done.stderr == ""
        return json.loads(done.stdout)

    def run(self, command: Command, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its good end."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self._variables, **variables},
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done


def _makings() -> Mapping[str, Sequence[Command]]:
    """Return what makes code, types and manifests from the schema and the documents."""
    node, ariadne = INSTALLED.node, INSTALLED.python.with_name("ariadne-codegen")
    return {
        "relay": [(node, _RELAY_COMPILER, "relay.config.json")],
        "codegen": [(node, _CODEGEN, "--config", "codegen.json"), (node, _TSC)],
        "ariadne": [(ariadne, "--config", "ariadne.toml")],
        "trusted_apollo": [(node, _APOLLOS_MANIFEST)],
        "trusted_codegen": [(node, _CODEGEN, "--config", "codegen.json")],
        "trusted_relay": [(node, _RELAY_COMPILER, "relay.persisted.config.json")],
    }


def _program(client: str) -> Command:
    python = {"gql": Path(sys.executable), "ariadne": INSTALLED.python}
    if client in python:
        return python[client], "-m", f"tests.clients.{client}_client"
    return INSTALLED.node, "codegen.ts" if client == "codegen" else f"{client}.mjs"
