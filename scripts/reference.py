#!/usr/bin/env python3
"""Write the generated pages of the manual from the code: `docs/configuration.md`, `docs/tools.md`.

With `--check` nothing is written, and the exit status is 1 where a page is not what it would be.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bailiwick.config import Settings
from bailiwick.tool import ToolSpec
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.settings import Settings as ClusterServerSettings
from bailiwick_cluster.tools import TOOLS

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE: Mapping[str, tuple[ToolSpec, ...]] = {"cluster": TOOLS}
NOTICE = "<!-- Written by scripts/reference.py from the code. Do not edit. -->"
_TYPES = {str: "text", bool: "true or false", int: "whole number", float: "number", Path: "path"}
_BOUNDS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}

CONFIGURATION = """# Configuration

Settings come from three places. A later one wins.

1. Defaults. Without a file, a server serves one person on one machine.
2. A TOML file: `--config FILE`, else `$BAILIWICK_CONFIG`, else `bailiwick/config.toml` in
   `$XDG_CONFIG_HOME` (`~/.config` where that is not set). A file that is named must exist.
3. The environment. `BAILIWICK_LISTEN__PORT=8080` sets `listen.port`: two underscores step into a
   table. A value is read as TOML, and as text where it is no TOML. `BAILIWICK_CONFIG` and
   `BAILIWICK_TOKEN` are not settings.

An unknown name is an error: the server does not start (`bad_config`). Settings are read once, at
the start; only the policy files are read again while a server runs. No setting holds a secret. An
option called `unsafe_…` is safe on a machine of your own at most, and is warned of at each start.
"""
TOOLS_PAGE = """# Tools

Every tool of every server, as a model sees it. Bytes are those of name, description and input
schema as JSON: what a tool costs in each conversation. `bailiwick tools --json` prints the schemas.

The last column of a table says how a [policy](policy.md) sees the argument: as part of the
resource, or in `context.arguments`. Unknown arguments are refused. A CHANGE or DESTROY call first
finds out, by reading only, what it would do; that plan is what an [approval](approvals.md) is for.

The observability and retrieval servers have no tools yet.
"""


def pages() -> dict[str, str]:
    """Return the text of every generated page by its path in the project."""
    return {
        "docs/configuration.md": "\n".join([*_configuration(), ""]),
        "docs/tools.md": "\n".join([*_tools(), ""]),
    }


def _configuration() -> Iterator[str]:
    yield NOTICE
    yield CONFIGURATION
    yield from _model(Settings, "")
    yield from _model(ClusterServerSettings, "servers.cluster")
    yield from _model(ClusterSettings, "servers.cluster.clusters.NAME")


def _model(model: type[BaseModel], path: str, title: str = "`[{}]`") -> Iterator[str]:
    """Write one table of the file, and the tables inside it."""
    yield f"## {title.format(path) if path else 'Top level'}\n"
    yield f"{model.__doc__}\n"
    inner: list[tuple[type[BaseModel], str, str]] = []
    rows: list[str] = []
    for name, field in model.model_fields.items():
        below = _inside(field.annotation)
        if below is None:
            rows.append(_setting(name, field))
        else:
            many = get_origin(field.annotation) is tuple
            where = f"{path}.{name}" if path else name
            inner.append((below, where, "`[[{}]]`" if many else "`[{}]`"))
    if rows:
        yield "| Setting | Type | Default | Meaning |\n|---|---|---|---|"
        yield "\n".join(rows) + "\n"
    for below, where, bracketed in inner:
        yield from _model(below, where, bracketed)


def _inside(annotation: Any) -> type[BaseModel] | None:
    """Return the model behind `Model` and `tuple[Model, ...]`."""
    args = get_args(annotation)
    kind = args[0] if get_origin(annotation) is tuple and args else annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _setting(name: str, field: FieldInfo) -> str:
    default = "required" if field.is_required() else _default(field.get_default())
    if field.default_factory is not None:
        default = "none"
    meaning = " ".join((field.description or "").split())
    return f"| `{name}` | {_type(field.annotation)}{_bounds(field)} | {default} | {meaning} |"


def _default(value: Any) -> str:
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in cast("tuple[Any, ...]", value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _type(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_type(arg) for arg in args if arg is not NoneType)
    if origin is Literal:
        return ", ".join(f"`{arg}`" for arg in args)
    if origin is tuple:
        return f"list of {_type(args[0])}"
    return _TYPES.get(annotation, "table")


def _bounds(field: FieldInfo) -> str:
    """Say the limits that are set on a number, and the form of a text."""
    told = [
        f"{word} {getattr(mark, name)}"
        for mark in field.metadata
        for name, word in _BOUNDS.items()
        if getattr(mark, name, None) is not None
    ]
    told += [f"`{p}`" for mark in field.metadata if (p := getattr(mark, "pattern", None))]
    return f", {', '.join(told)}" if told else ""


def _tools() -> Iterator[str]:
    yield NOTICE
    yield TOOLS_PAGE
    for server, specs in CATALOGUE.items():
        total = sum(map(_bytes, specs))
        yield f"## {server}\n"
        yield f"{len(specs)} tools, {total} bytes. Served by `bailiwick serve {server}`.\n"
        yield "| Tool | Risk | Bytes |\n|---|---|---|"
        yield "\n".join(
            f"| [`{spec.name}`](#{spec.name}) | {spec.risk.upper()} | {_bytes(spec)} |"
            for spec in specs
        )
        for spec in specs:
            yield from _tool(spec)


def _tool(spec: ToolSpec) -> Iterator[str]:
    yield f"\n### {spec.name}\n"
    yield (
        f"{spec.risk.upper()}, at most {spec.seconds:g} s and {spec.budget} bytes of answer,"
        f" {_bytes(spec)} bytes to a model.\n"
    )
    yield "\n".join(f"> {line}".rstrip() for line in spec.description.splitlines()) + "\n"
    yield "| Argument | Type | Default | Meaning | Policy |\n|---|---|---|---|---|"
    schema = spec.schema()
    for name, shown in schema["properties"].items():
        field = spec.arguments.model_fields[name]
        default = "required" if field.is_required() else _default(field.default)
        meaning = str(shown.get("description", "")).replace("|", "\\|")
        yield f"| `{name}` | {_json_type(shown)} | {default} | {meaning} | {_seen(spec, name)} |"
    if (output := spec.output()) is not None:
        names = ", ".join(f"`{name}`" for name in output.model_fields)
        yield f"\nThe answer is structured: {names}; or `approval`, when one is needed first."


def _seen(spec: ToolSpec, name: str) -> str:
    if name in spec.scopes:
        return f"resource `{spec.scopes[name]}`"
    return f"`context.arguments.{name}`" if name in spec.scalars else "not seen"


def _json_type(shown: Mapping[str, Any]) -> str:
    if "enum" in shown:
        return ", ".join(f"`{value}`" for value in shown["enum"])
    kind = str(shown.get("type", "any"))
    if kind == "array":
        return f"list of {_json_type(shown['items'])}"
    bounds = [f"{shown[key]}" for key in ("minimum", "maximum") if key in shown]
    return f"{kind} {' to '.join(bounds)}" if bounds else kind


def _bytes(spec: ToolSpec) -> int:
    """Count what `bailiwick tools` counts."""
    seen = {"name": spec.name, "description": spec.description, "input_schema": spec.schema()}
    return len(orjson.dumps(seen))


def main() -> int:
    """Write the pages, or check them."""
    check = sys.argv[1:] == ["--check"]
    stale = [name for name, text in pages().items() if _read(ROOT / name) != text]
    for name in stale:
        if not check:
            (ROOT / name).write_text(pages()[name], encoding="utf-8")
        sys.stderr.write(f"reference: {name} {'is stale' if check else 'written'}\n")
    return 1 if check and stale else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


if __name__ == "__main__":
    sys.exit(main())
