"""Words and cells that all generated pages share."""

from typing import Any, cast

from pydantic import BaseModel

NOTICE = "<!-- Written by scripts/reference.py from the code. Do not edit. -->"


def cell(text: str) -> str:
    """Keep a text inside its cell."""
    return text.replace("|", "\\|")


def usual(value: Any) -> str:
    """Write a default."""
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, BaseModel):
        return f"`{{ {', '.join(f'{name} = {_toml(each)}' for name, each in value)} }}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in cast("tuple[Any, ...]", value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:.0f}"
