#!/usr/bin/env python3
"""Write what is generated from the code: pages of the manual, and the policy's catalogue.

With `--check` nothing is written, and the exit status is 1 where a page is not what it would be.
The examples on the pages of tools are recorded by `python -m tests.parts.examples`.
"""

import sys
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bailiwick.policy.catalogue import written  # noqa: E402 - the root is on the path now
from scripts.manual import commands, settings, tools  # noqa: E402 - the same
from scripts.manual.settings import (  # noqa: E402 - the same
    COLLECTIONS,
    ENGINES,
    SOURCES,
    meanings,
)
from scripts.manual.tools import CATALOGUE  # noqa: E402 - the same

__all__ = ["CATALOGUE", "COLLECTIONS", "ENGINES", "ROOT", "SOURCES", "main", "meanings", "pages"]


def pages() -> dict[str, str]:
    """Return the text of every generated file by its path in the project."""
    return {
        "docs/commands.md": commands.page(),
        "docs/configuration.md": "\n".join([*settings.configuration(), ""]),
        **tools.pages(),
        "shared/bailiwick/policy/catalogue.json": _actions(),
    }


def _actions() -> str:
    """Describe every tool to the policy, also where a server is not installed or not loaded."""
    every = [written(spec.action(name)) for name, specs in CATALOGUE.items() for spec in specs]
    return orjson.dumps(every, option=orjson.OPT_INDENT_2).decode() + "\n"


def main() -> int:
    """Write the pages, or check them."""
    check = sys.argv[1:] == ["--check"]
    fresh = pages()
    stale = [name for name, text in fresh.items() if _read(ROOT / name) != text]
    for name in stale:
        if not check:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(fresh[name], encoding="utf-8")
        sys.stderr.write(f"reference: {name} {'is stale' if check else 'written'}\n")
    return 1 if check and stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
