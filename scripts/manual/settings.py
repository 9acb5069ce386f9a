"""docs/configuration.md: every setting, from the models and the docstrings below their fields."""

import ast
import inspect
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bailiwick.config import Settings
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.settings import Settings as ClusterServerSettings
from bailiwick_observability import settings as observability
from bailiwick_retrieval import settings as retrieval
from scripts.manual.words import NOTICE, cell, usual

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


def configuration() -> Iterator[str]:
    """Write the page."""
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
    shared, told = observability.SourceSettings.model_fields, set[str]()
    for kind in SOURCES:
        yield from _model(kind, source, _of(kind), _same(shared, kind), told)
        told |= {name for name, each in kind.model_fields.items() if _inside(each.annotation)}


def _retrieval() -> Iterator[str]:
    """Write what every collection has once, and then what each kind has beside it."""
    where = "servers.retrieval"
    yield from _model(retrieval.Settings, where, leave=("engine",))
    for engine in ENGINES:
        yield from _model(engine, f"{where}.engine", _of(engine))
    collection = f"{where}.collections.NAME"
    yield from _model(retrieval.CollectionSettings, collection)
    shared = retrieval.CollectionSettings.model_fields
    for kind in COLLECTIONS:
        yield from _model(kind, collection, _of(kind), _same(shared, kind))


def _same(shared: Collection[str], kind: type[BaseModel]) -> Collection[str]:
    """Leave out what is written once for all kinds, but not what this one says otherwise."""
    return [name for name in shared if name not in vars(kind)["__annotations__"]]


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
    default = "required" if field.is_required() else usual(field.get_default())
    if field.default_factory is not None:
        default = "none"
    told = cell(" ".join(meaning.split()))
    return f"| `{name}` | {_type(field.annotation)}{_bounds(field)} | {default} | {told} |"


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
    told += [f"`{cell(p)}`" for mark in field.metadata if (p := getattr(mark, "pattern", None))]
    return f", {', '.join(told)}" if told else ""
