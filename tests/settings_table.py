"""The README's table of settings, made of the settings themselves. `make docs` writes it anew."""

from pathlib import Path

from gateway.settings import PREFIX, Settings

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- settings: written by `make docs` -->\n", "<!-- end of the settings -->\n"
_HEAD = "\n| name | default | |\n|---|---|---|\n"


def table() -> str:
    rows = (
        f"| `{PREFIX}{name.upper()}` | {_written(field.default)} | {field.description} |\n"
        for name, field in Settings.model_fields.items()
    )
    return _HEAD + "".join(rows) + "\n"


def renewed(text: str) -> str:
    """Return a text with the table between its marks; ValueError without these."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"there is no {BEGIN!r} with an {END!r} behind it")
    return before + begin + table() + end + after


def _written(default: object) -> str:
    return "–" if default is None else f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    README.write_text(renewed(README.read_text()))
