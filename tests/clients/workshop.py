"""Where the clients' programs are: their code is made from schema.graphql, they run, and tell what they saw."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.node import Installation
from tests.test_schema import PRINTED

HERE = Path(__file__).parent
INSTALLED = Installation(HERE, HERE / ".venv")
_ROOT = HERE.parent.parent
_LONGEST = 60.0  # seconds, for one command
_RELAY_COMPILER = "node_modules/relay-compiler/cli.js"
_CODEGEN = "node_modules/@graphql-codegen/cli/cjs/bin.js"
_TSC = "node_modules/typescript/bin/tsc"

Command = Sequence[str | Path]


class Workshop:
    """Runs each client's program once, against gateways whose addresses are in the ``variables``."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        shutil.copytree(HERE / "programs", folder, dirs_exist_ok=True)
        for file in (PRINTED, HERE / "package.json"):
            shutil.copy(file, folder)
        (folder / "node_modules").symlink_to(INSTALLED.packages)
        (folder / "artifacts").mkdir()
        self.folder = folder
        self._variables = {"PYTHONPATH": f"{_ROOT}:{folder}", **variables}
        self._seen: dict[str, Any] = {}

    def seen(self, client: str) -> Any:
        """Return what a client's program printed; it is to have nothing to complain about."""
        if client not in self._seen:
            *makings, program = _commands()[client]
            for command in makings:
                self.run(command)
            done = self.run(program, OWN_CUSTOMER=str(1000 + len(self._seen)))
            assert done.stderr == ""
            self._seen[client] = json.loads(done.stdout)
        return self._seen[client]

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


def _commands() -> Mapping[str, Sequence[Command]]:
    """Return what makes each client's code, and then its program."""
    node, ariadne = INSTALLED.node, INSTALLED.python.with_name("ariadne-codegen")
    return {
        "apollo": [(node, "apollo.mjs")],
        "urql": [(node, "urql.mjs")],
        "graphql-request": [(node, "graphql_request.mjs")],
        "relay": [(node, _RELAY_COMPILER, "relay.config.json"), (node, "relay.mjs")],
        "codegen": [(node, _CODEGEN, "--config", "codegen.json"), (node, _TSC), (node, "typed.ts")],
        "gql": [(sys.executable, "-m", "tests.clients.gql_client")],
        "ariadne": [
            (ariadne, "--config", "ariadne.toml"),
            (INSTALLED.python, "-m", "tests.clients.ariadne_client"),
        ],
        "audits": [(node, "audit.mjs")],
    }
