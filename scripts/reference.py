#!/usr/bin/env python3
"""Write what is generated from the code: two pages of the manual, and the policy's catalogue.

With `--check` nothing is written, and the exit status is 1 where a page is not what it would be.
"""

import ast
import inspect
import sys
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

import orjson
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bailiwick.config import Settings
from bailiwick.policy.catalogue import written
from bailiwick.prompt import PromptSpec
from bailiwick.tool import ToolSpec
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.settings import Settings as ClusterServerSettings
from bailiwick_cluster.tools import TOOLS as CLUSTER
from bailiwick_observability import settings as observability
from bailiwick_observability.prompts import PROMPTS
from bailiwick_observability.tools import TOOLS as OBSERVABILITY
from bailiwick_retrieval import settings as retrieval
from bailiwick_retrieval.prompts import PROMPTS as LOOKING_UP
from bailiwick_retrieval.tools import TOOLS as RETRIEVAL

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE: Mapping[str, tuple[ToolSpec, ...]] = {
    "cluster": CLUSTER,
    "observability": OBSERVABILITY,
    "retrieval": RETRIEVAL,
}
OFFERED: Mapping[str, tuple[PromptSpec, ...]] = {
    "observability": PROMPTS,
    "retrieval": LOOKING_UP,
}
SOURCES: tuple[type[BaseModel], ...] = (
    observability.PrometheusSettings,
    observability.AlertmanagerSettings,
    observability.GrafanaSettings,
    observability.SplunkSettings,
    observability.DynatraceSettings,
)
COLLECTIONS: tuple[type[BaseModel], ...] = (
    retrieval.FolderSettings,
    retrieval.GitSettings,
    retrieval.WebsiteSettings,
    retrieval.ConfluenceSettings,
)
ENGINES: tuple[type[BaseModel], ...] = (retrieval.EmbeddedSettings, retrieval.OpenSearchSettings)
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
"""


def pages() -> dict[str, str]:
    """Return the text of every generated file by its path in the project."""
    return {
        "docs/configuration.md": "\n".join([*_configuration(), ""]),
        "docs/tools.md": "\n".join([*_tools(), ""]),
        "shared/bailiwick/policy/catalogue.json": _actions(),
    }


def _actions() -> str:
    """Describe every tool to the policy, also where a server is not installed or not loaded."""
    every = [written(spec.action(name)) for name, specs in CATALOGUE.items() for spec in specs]
    return orjson.dumps(every, option=orjson.OPT_INDENT_2).decode() + "\n"


def _configuration() -> Iterator[str]:
    yield NOTICE
    yield CONFIGURATION
    yield from _model(Settings, "")
    yield from _model(ClusterServerSettings, "servers.cluster")
    yield from _model(ClusterSettings, "servers.cluster.clusters.NAME")
    yield from _observability()
    yield from _retrieval()


def _observability() -> Iterator[str]:
    """Write what every source has once, and then what each kind has beside it."""
    where = "servers.observability"
    yield from _model(observability.Settings, where)
    source = f"{where}.sources.NAME"
    yield from _model(observability.SourceSettings, source)
    guard = f"{source}.guards.GUARD"
    yield from _model(observability.GuardSettings, guard)
    shared, told = frozenset(observability.SourceSettings.model_fields), set[str]()
    for kind in SOURCES:
        yield from _model(kind, source, _of(kind), shared, told)
        told |= {name for name, each in kind.model_fields.items() if _inside(each.annotation)}


def _retrieval() -> Iterator[str]:
    """Write what every collection has once, and then what each kind has beside it."""
    where = "servers.retrieval"
    yield from _model(retrieval.Settings, where, leave=("engine",))
    for engine in ENGINES:
        yield from _model(engine, f"{where}.engine", _of(engine))
    collection = f"{where}.collections.NAME"
    yield from _model(retrieval.CollectionSettings, collection)
    shared = frozenset(retrieval.CollectionSettings.model_fields)
    for kind in COLLECTIONS:
        yield from _model(kind, collection, _of(kind), shared)


def _of(kind: type[BaseModel]) -> str:
    """Write the title of a table that there are several kinds of."""
    return f'`[{{}}]` with `kind = "{get_args(kind.model_fields["kind"].annotation)[0]}"`'


def _model(
    model: type[BaseModel],
    path: str,
    title: str = "`[{}]`",
    leave: Collection[str] = (),
    told: Collection[str] = (),
) -> Iterator[str]:
    """Write one table of the file, and the tables inside it; those that were told have a row."""
    yield f"## {title.format(path) if path else 'Top level'}\n"
    yield f"{model.__doc__}\n"
    inner: list[tuple[type[BaseModel], str, str]] = []
    rows: list[str] = []
    said = meanings(model)
    for name, field in model.model_fields.items():
        below = None if _short(field) else _inside(field.annotation)
        if name in leave:
            continue
        if below is None or name in told:
            rows.append(_setting(name, field, said.get(name, "")))
        else:
            many = get_origin(field.annotation) is tuple
            where = f"{path}.{name}" if path else name
            inner.append((below, where, "`[[{}]]`" if many else "`[{}]`"))
    if rows:
        yield "| Setting | Type | Default | Meaning |\n|---|---|---|---|"
        yield "\n".join(rows) + "\n"
    for below, where, bracketed in inner:
        yield from _model(below, where, bracketed)


def _short(field: FieldInfo) -> bool:
    """Tell a table that has a default of its own for this name: it is written in one row."""
    return isinstance(field.default, BaseModel) and field.default != _plain(type(field.default))


def _plain(model: type[BaseModel]) -> BaseModel | None:
    required = any(field.is_required() for field in model.model_fields.values())
    return None if required else model()


def _inside(annotation: Any) -> type[BaseModel] | None:
    """Return the model behind `Model` and `tuple[Model, ...]`."""
    args = get_args(annotation)
    kind = args[0] if get_origin(annotation) is tuple and args else annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Read what stands below each field: parsing it here costs no server's start anything."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if kind is BaseModel or not issubclass(kind, BaseModel):
            continue
        (tree,) = ast.parse(inspect.getsource(kind)).body
        for field, below in pairwise(cast("ast.ClassDef", tree).body):
            match field, below:
                case (
                    ast.AnnAssign(target=ast.Name(name)),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ):
                    found[name] = inspect.cleandoc(text)
                case _:
                    pass
    return found


def _setting(name: str, field: FieldInfo, meaning: str) -> str:
    default = "required" if field.is_required() else _default(field.get_default())
    if field.default_factory is not None:
        default = "none"
    told = _cell(" ".join(meaning.split()))
    return f"| `{name}` | {_type(field.annotation)}{_bounds(field)} | {default} | {told} |"


def _cell(text: str) -> str:
    """Keep a text inside its cell."""
    return text.replace("|", "\\|")


def _default(value: Any) -> str:
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, BaseModel):
        return f"`{{ {', '.join(f'{name} = {_toml(each)}' for name, each in value)} }}`"
    if isinstance(value, tuple):
        return ", ".join(f"`{item}`" for item in cast("tuple[Any, ...]", value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:.0f}"


def _type(annotation: Any) -> str:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_type(arg) for arg in args if arg is not NoneType)
    if origin is Literal:
        return ", ".join(f"`{arg}`" for arg in args)
    if origin is tuple:
        return f"list of {_type(args[0])}{'s' if _inside(annotation) else ''}"
    return _TYPES.get(annotation, "table")


def _bounds(field: FieldInfo) -> str:
    """Say the limits that are set on a number, and the form of a text."""
    told = [
        f"{word} {getattr(mark, name)}"
        for mark in field.metadata
        for name, word in _BOUNDS.items()
        if getattr(mark, name, None) is not None
    ]
    told += [f"`{_cell(p)}`" for mark in field.metadata if (p := getattr(mark, "pattern", None))]
    return f", {', '.join(told)}" if told else ""


def _tools() -> Iterator[str]:
    yield NOTICE
    yield TOOLS_PAGE
    for number, (server, specs) in enumerate(CATALOGUE.items()):
        total = sum(map(_bytes, specs))
        yield ("\n" if number else "") + f"## {server}\n"
        yield f"{len(specs)} tools, {total} bytes. Served by `bailiwick serve {server}`.\n"
        yield "| Tool | Risk | Bytes |\n|---|---|---|"
        yield "\n".join(
            f"| [`{spec.name}`](#{spec.name}) | {spec.risk.upper()} | {_bytes(spec)} |"
            for spec in specs
        )
        for spec in specs:
            yield from _tool(spec)
        yield from _prompts(OFFERED.get(server, ()))


def _prompts(specs: tuple[PromptSpec, ...]) -> Iterator[str]:
    """List the prompts of a server, with what is filled into them."""
    if not specs:
        return
    yield "\n### Prompts\n"
    yield "A person chooses one in the client; its arguments are completed as they type.\n"
    yield "| Prompt | Arguments | For |\n|---|---|---|"
    for spec in specs:
        names = [f"`{each.name}`{'' if each.required else '?'}" for each in spec.arguments]
        yield f"| `{spec.name}` | {', '.join(names)} | {_cell(spec.description)} |"


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
        meaning = _cell(str(shown.get("description", "")))
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
