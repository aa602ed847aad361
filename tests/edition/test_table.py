"""The table of what is met is the one that the tests give, and every test has its place in it."""

from tests.edition.table import FILE, requirements, table

LEVELS = {"MUST", "MUST NOT", "SHOULD", "SHOULD NOT", "RECOMMENDED", "assertion"}


def test_the_table_is_current() -> None:
    assert FILE.read_text() == table()


def test_every_requirement_has_a_level_of_the_edition_and_fits_a_row() -> None:
    assert {it.level for _, _, it in requirements()} == LEVELS
    assert not [it for _, _, it in requirements() if "|" in "".join(it)]


def test_every_status_that_the_edition_names_is_shown() -> None:
    told = " ".join(it.text for _, _, it in requirements())
    named = ("200", "294", "400", "401", "403", "405", "406", "408", "413", "414", "415", "418", "422", "431", "503")
    assert [status for status in named if status not in told] == []
