"""Writes CONFORMANCE.md."""

from tests.edition.table import FILE, table

FILE.write_text(table())
