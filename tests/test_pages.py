"""The pages under docs/ say what is so: modules and settings that exist, links that lead somewhere, and each alert."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
SETTINGS = {PREFIX + name.upper() for name in Settings.model_fields}
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def modules(text: str) -> set[str]:
    """Return what looks like a module between backticks, or on a line of modules in the picture."""
    lines = re.findall(r'class="modules">(.*?)<', text)
    return {*re.findall(r"`([a-z_]+)/?`", text), *(name for line in lines for name in line.split())}


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as they are made where Markdown is shown."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    for target in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        yield (page.parent / path if path else page), anchor


@pytest.mark.parametrize("file", ["architecture.md", "architecture.svg"])
def test_each_module_that_the_architecture_names_exists(file: str) -> None:
    named = modules((DOCS / file).read_text())
    assert {"endpoint", "loaders", "kpis", "upstream"} <= named
    here = ROOT / "gateway"
    assert [name for name in sorted(named) if not (here / f"{name}.py").exists() and not (here / name).is_dir()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_link_of_a_page_leads_somewhere(page: Path) -> None:
    found = list(links(page))
    assert found
    assert [(str(path), anchor) for path, anchor in found if not path.exists()] == []
    assert [(path.name, anchor) for path, anchor in found if anchor and anchor not in anchors(path)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_setting_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z0-9_]*[A-Z0-9]\b", page.read_text()))
    assert {name for name in named if not any(each.startswith(name) for each in SETTINGS)} == set()


def test_each_alert_has_its_section_and_each_section_its_alert() -> None:
    alerts = (ROOT / "deploy" / "prometheus" / "alerts.yaml").read_text()
    named = set(re.findall(r"runbook_url: docs/operating\.md#([\w-]+)", alerts))
    assert named == {each for each in anchors(DOCS / "operating.md") if each.startswith("gateway-")}
