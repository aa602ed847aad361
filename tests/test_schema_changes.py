"""What is said of a changed schema, and when it is to stop the build."""

import subprocess
from pathlib import Path

import pytest

from tests.schema_changes import CHANGELOG, SCHEMA, Change, changes, definitions, main, unnamed
from tests.test_schema import PRINTED

OLD = '''
type Query {
  """One of them."""
  thing(id: ID!, as: Form): Thing
}
type Thing @key(fields: "id") {
  id: ID!
  size: Int
}
enum Form { LONG }
'''


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("size: Int", "", Change("breaking", "Field Thing.size was removed.", "Thing.size")),
        ("size: Int", "size: Float", ("breaking", "Thing.size")),
        ("id: ID!,", "id: ID!, in: ID!,", ("breaking", "Query.thing(in:)")),
        ("LONG", "SHORT LONG", ("dangerous", "Form.SHORT")),
        ("as: Form", "as: Form, in: ID", ("dangerous", "Query.thing(in:)")),
        ("as: Form", "as: Form = LONG", ("safe", "Query.thing(as:)")),
        ("size: Int", "size: Int!", ("safe", "Thing.size")),
        ("size: Int", "size: Int weight: Int", ("safe", "Thing.weight")),
        ("enum Form", "scalar Day enum Form", ("safe", "Day")),
        ("enum Form", "directive @cold on FIELD enum Form", ("safe", "@cold")),
        ('@key(fields: "id")', "", ("breaking", "Thing")),
        ("size: Int", "size: Int @inaccessible", ("breaking", "Thing.size")),
        ("size: Int", "size: Int @authenticated", ("dangerous", "Thing.size")),
        ("size: Int", 'size: Int @tag(name: "a")', ("safe", "")),
        ("One of them", "Another of them", ("safe", "")),
    ],
)
def test_a_change_is_breaking_dangerous_or_safe(before: str, after: str, change: Change | tuple[str, str]) -> None:
    (found,) = changes(OLD, OLD.replace(before, after))
    assert found == change if isinstance(change, Change) else (found.kind, found.coordinate) == change


def test_the_worst_is_first() -> None:
    new = OLD.replace("size: Int", "weight: Int").replace("LONG", "SHORT LONG")
    assert [change.kind for change in changes(OLD, new)] == ["breaking", "dangerous", "safe"]


def test_an_unchanged_schema_has_no_changes() -> None:
    assert changes(PRINTED.read_text(), PRINTED.read_text()) == []


def test_all_that_is_defined_has_a_coordinate() -> None:
    found = definitions(OLD + "schema @link { query: Query } directive @cold(very: Boolean) on FIELD")
    assert found.keys() == {
        "schema", "@cold", "@cold(very:)", "Query", "Query.thing", "Query.thing(id:)", "Query.thing(as:)",
        "Thing", "Thing.id", "Thing.size", "Form", "Form.LONG",
    }  # fmt: skip
    assert found["Query.thing"].description == "One of them."
    assert list(found["Thing"].directives) == ['@key(fields: "id")']


@pytest.mark.parametrize(
    ("entry", "kind", "is_named"),
    [
        ("- Breaking: no `Thing.size`.", "breaking", True),
        ("- Breaking: no size,\n  that is `Thing.size`.", "breaking", True),
        ("- No `Thing.size`.", "breaking", False),
        ("- Breaking: no Thing.size.", "breaking", False),
        ("- Breaking: no more.\n- Of `Thing.size`.", "breaking", False),
        ("- Big: `Thing.size`.", "safe", True),
        ("- Big: `Thing.sizes`.", "dangerous", False),
    ],
)
def test_a_change_is_to_be_named_as_what_it_is(entry: str, kind: str, is_named: bool) -> None:
    change = Change(kind, "", "Thing.size")  # type: ignore[arg-type]  # from a table
    later = "\n## 1.0\n\n- Breaking: `Thing.size`, of old.\n"
    assert unnamed([change], f"# Changelog\n\n## Unreleased\n\n{entry}\n{later}") == ([] if is_named else [change])


class Repository:
    """A clone with a schema and a changelog."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")
        self.write(OLD)

    def git(self, *arguments: str) -> None:
        who = "-c", "user.name=A", "-c", "user.email=a@example.com"
        subprocess.run(["git", "-C", self.folder, *who, *arguments], check=True, capture_output=True)  # noqa: S607

    def write(self, schema: str, entry: str = "") -> None:
        (self.folder / SCHEMA).write_text(schema)
        (self.folder / CHANGELOG).write_text(f"# Changelog\n\n## Unreleased\n\n{entry}\n")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=x", "--allow-empty")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_without_anything_to_compare_with_it_says_so(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(repository.folder) == 0
    assert capsys.readouterr().out.startswith("There is nothing to compare schema.graphql with")


def test_a_breaking_change_fails_until_the_changelog_names_it(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.commit()
    new = OLD.replace("size: Int", "")
    repository.write(new)
    assert main(repository.folder) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[:2] == ["schema.graphql against main:", "  breaking  Field Thing.size was removed."]
    assert "`Thing.size`" in told[2]
    repository.write(new, "- Breaking: `Thing.size` is gone.")
    assert main(repository.folder) == 0


def test_a_commit_on_main_itself_is_compared_with_the_one_before(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.commit()
    repository.write(OLD.replace("size: Int", ""))
    repository.commit()
    assert main(repository.folder) == 1
    assert capsys.readouterr().out.startswith("schema.graphql against the commit before:")


def test_with_a_tag_it_is_compared_with_what_was_released(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.commit()
    repository.git("tag", "v1")
    repository.write(OLD.replace("size: Int", ""))
    repository.commit()
    repository.commit()
    assert main(repository.folder) == 1
    assert capsys.readouterr().out.startswith("schema.graphql against the last tag:")


def test_what_main_got_since_is_not_missed_on_a_branch(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.commit()
    repository.git("branch", "mine")
    repository.write(OLD.replace("size: Int", "size: Int weight: Int"))
    repository.commit()
    repository.git("checkout", "--quiet", "mine")
    assert main(repository.folder) == 0
    assert capsys.readouterr().out == "schema.graphql is as in main.\n"


def test_a_folder_that_is_no_clone_has_nothing_to_compare_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / SCHEMA).write_text(OLD)
    monkeypatch.setenv("PATH", "")
    assert main(tmp_path) == 0
    assert "nothing to compare" in capsys.readouterr().out
