"""What is built holds what runs, and the files around it say what is true."""

import os
import re
import tomllib
import zipfile
from pathlib import Path
from subprocess import CalledProcessError

import pytest
from hatchling.build import build_wheel
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

from building import locks
from building.hook import PageHook

ROOT = Path(__file__).parent.parent
CLIENTS = ROOT / "tests" / "clients"
FEDERATION = ROOT / "tests" / "federation"
PAGE = ROOT / "gateway" / "graphiql"
LOCKS = [each / "package-lock.json" for each in (CLIENTS, FEDERATION, PAGE, ROOT / "bench" / "peer_servers")]
TEXTS = [
    *ROOT.glob("[!.]*.*"),
    ROOT / "Makefile",
    ROOT / "Dockerfile",
    ROOT / ".ci" / "run",
    *(ROOT / "building").glob("[!.]*.*"),
    CLIENTS / ".npmrc",
    FEDERATION / ".npmrc",
    *(path for path in PAGE.glob("*.*") if path.is_file()),
    PAGE / ".npmrc",
    *LOCKS,
    *(path for path in (ROOT / "deploy").rglob("*.*") if path.is_file()),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("wheel")
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        return zipfile.ZipFile(folder / build_wheel(str(folder))).namelist()
    finally:
        os.chdir(here)


def test_the_wheel_holds_every_file_of_the_program(wheel: list[str]) -> None:
    modules = {path for path in (ROOT / "gateway").rglob("*.py") if PAGE not in path.parents}
    assert {path.relative_to(ROOT).as_posix() for path in modules} <= set(wheel)


def test_the_wheel_holds_the_page_built(wheel: list[str]) -> None:
    built = {path.relative_to(ROOT).as_posix() for path in (PAGE / "dist").rglob("*.*")}
    assert "gateway/graphiql/dist/index.html" in built
    assert built <= set(wheel)


def test_the_wheel_holds_nothing_else(wheel: list[str]) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"gateway", "customer_kpi_gateway"}
    others = [name for name in wheel if name.startswith("gateway/") and not name.endswith(".py")]
    assert [name for name in others if not name.startswith("gateway/graphiql/dist/")] == []
    assert [name for name in wheel if "node_modules" in name] == []


@pytest.mark.parametrize("pins", [ROOT / "constraints.txt", CLIENTS / "requirements.txt"], ids=lambda path: path.name)
def test_every_version_is_pinned_and_no_index_is_named(pins: Path) -> None:
    lines = pins.read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line)] == []


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_no_file_names_an_index(path: Path) -> None:
    assert not re.search(r"index-url|find-links|registry\.|pythonhosted|\"resolved\"", path.read_text())


def test_an_image_is_built_of_what_its_build_is_given_and_by_what_has_hashes() -> None:
    text = (ROOT / "Dockerfile").read_text()
    copied = {name for line in re.findall(r"^COPY (?!--)(.+)$", text, re.MULTILINE) for name in line.split()[:-1]}
    given = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == given
    (constraint,) = re.findall(r"PIP_BUILD_CONSTRAINT=/src/(\S+)", text)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(project["build-system"]["requires"]) <= locks.read((ROOT / constraint).read_text()).keys()


def test_each_target_that_the_readme_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    texts = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", texts, re.MULTILINE))
    assert {"run", "test", "check", "fix", "schema", "lock", "help"} <= named
    assert [target for target in sorted(named) if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_only_a_real_wheel_waits_for_the_page(tmp_path: Path) -> None:
    """In a folder whose page cannot be built."""
    (tmp_path / "building").mkdir()
    (tmp_path / "building" / "__init__.py").touch()
    (tmp_path / "building" / "page.py").write_text("raise SystemExit(1)")
    project = ProjectMetadata(str(tmp_path), PluginManager())
    hook = PageHook(str(tmp_path), {}, None, project, str(tmp_path), "wheel")
    hook.initialize("editable", {})
    with pytest.raises(CalledProcessError):
        hook.initialize("standard", {})
