"""The formats for people and spreadsheets: a plain HTML page, and CSV."""

from collections.abc import Sequence
from html import escape

from gateway.sandbox.json_text import literal, quoted
from gateway.sandbox.kpi import OPERATION, RESPONSE, Dto, Kpi, Value

_COLUMNS = tuple(Kpi(customer=0).dto())
_QUOTED = set('",\r\n')


def html_page(title: str, rows: str) -> str:
    return f"<!doctype html>\n<html><head><title>{title}</title></head><body>\n<h1>{title}</h1>\n{rows}</body></html>\n"


def html_tables(dtos: Sequence[Dto | None]) -> str:
    return html_page(RESPONSE, "".join(_table({} if dto is None else dto) for dto in dtos))


def html_error(code: str, message: str) -> str:
    return html_page(OPERATION, f"<h2>{escape(code)}</h2>\n<p>{escape(message)}</p>\n")


def _table(dto: Dto) -> str:
    rows = "".join(f"<tr><th>{name}</th><td>{escape(_cell(value))}</td></tr>\n" for name, value in dto.items())
    return f"<table>\n{rows}</table>\n"


def csv_table(dtos: Sequence[Dto | None]) -> str:
    lines = [_COLUMNS, *([_field(dto.get(name)) for name in _COLUMNS] for dto in dtos if dto is not None)]
    return "".join(",".join(line) + "\r\n" for line in lines)


def _field(value: Value) -> str:
    text = _cell(value)
    return quoted(text) if _QUOTED & set(text) else text


def _cell(value: Value) -> str:
    return "" if value is None else literal(value)
