"""How the commands print: foreign text neutralised, tables aligned, JSON that no terminal obeys."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bailiwick.shaping.fence import inline
from bailiwick.shaping.neutral import neutralise

_COLUMN = 15


def as_json(value: Any) -> str:
    """Write JSON in ASCII: C1 controls and reordering characters stay escaped on a screen."""
    return json.dumps(value, ensure_ascii=True, indent=2)


def field(name: str, text: str) -> str:
    """Write a name and a foreign text, its further lines set in under the first."""
    return f"{name:<{_COLUMN}}" + neutralise(text).replace("\n", "\n" + " " * _COLUMN)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Align foreign cells under a head."""
    lines = [[inline(cell, 60) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def span(time: timedelta) -> str:
    """Say a duration by its two largest units."""
    seconds = max(0, int(time.total_seconds()))
    for unit, name, part, rest in ((86400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if seconds >= unit:
            return f"{seconds // unit} {name} {seconds % unit // part} {rest}"
    return f"{seconds // 60} min" if seconds >= 120 else f"{seconds} s"


def moment(time: datetime) -> str:
    """Say a time in UTC, to the second."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"


def number(count: int) -> str:
    """Group a number's digits."""
    return f"{count:,}".replace(",", " ")


def counted(count: int, what: str) -> str:
    """Say how many there are of something."""
    return f"{number(count)} {what}" + ("" if count == 1 else "s")


def config_too(parser: argparse.ArgumentParser) -> None:
    """Take `--config` after the verb, too; the command's own stays where none is given here."""
    unset = argparse.SUPPRESS
    parser.add_argument("--config", type=Path, default=unset, help="configuration file (TOML)")


def warn(text: str) -> None:
    """Tell the person, not the program that reads the output."""
    print(f"bailiwick: {neutralise(text)}", file=sys.stderr)
