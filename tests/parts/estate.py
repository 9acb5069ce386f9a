"""A cluster in memory with objects in it: listed, read, and refused where a test says."""

from collections.abc import AsyncGenerator, Mapping, MutableMapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from bailiwick.cursor import Cursors
from bailiwick.errors import Forbidden, Rejected, Unavailable
from bailiwick.policy.question import Principal, Risk
from bailiwick.shaping.redaction import redact_object
from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import mapping, text
from bailiwick_cluster.upstream import (
    JSON,
    MERGE_PATCH,
    Behalf,
    Keep,
    Kubernetes,
    Listing,
    Object,
    Page,
    Query,
    Row,
    Target,
    Upstream,
)
from tests.parts.cluster import Unasked


@dataclass
class Estate(Unasked):
    """Objects by their `kind`. Of `refused` kinds nothing may be read, `failing` ones raise.

    `answers` are bodies by path, or a status alone.
    """

    items: Sequence[Object] = ()
    refused: frozenset[str] = frozenset()
    failing: frozenset[str] = frozenset()
    custom: Mapping[str, KindInfo] = field(default_factory=dict[str, KindInfo])
    answers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rows: Sequence[Row] = ()
    columns: Sequence[Any] = ()
    targets: list[Target] = field(default_factory=list[Target])
    paths: list[str] = field(default_factory=list[str])
    memory: dict[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def kept(self) -> MutableMapping[str, bytes]:
        return self.memory

    async def kind(self, name: str) -> KindInfo:
        return BUILTIN.get(name) or self.custom[name]

    def _of(self, kind: KindInfo, namespace: str | None) -> list[Object]:
        if kind.name in self.refused:
            raise Forbidden("no")
        if kind.name in self.failing:
            raise Unavailable("no answer")
        return [
            each
            for each in self.items
            if text(each, "kind") == kind.name.split(".", maxsplit=1)[0]
            and namespace in (None, text(each, "metadata", "namespace"))
        ]

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        for each in self._of(kind, namespace):
            if text(each, "metadata", "name") == name:
                return cast("Object", redact_object(each, {}))
        raise Rejected(f"eu has no {kind.plural} {name}", detail="404")

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        self.targets.append(target)
        found = self._of(target.kind, target.namespace)
        if target.bare or target.kind.name == "Secret":
            found = [{"metadata": mapping(each, "metadata")} for each in found]
        kept = [one for each in found if (one := keep(each)) is not None]
        return Listing(kept, len(found))

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        self.targets.append(target)
        if target.kind.name == "Namespace":
            spaces = {text(each, "metadata", "namespace") for each in self.items} - {""}
            return Page((), [Row("", name, (name,), {}) for name in sorted(spaces)], "")
        if target.kind.name in self.refused:
            raise Forbidden("no")
        return Page(tuple(self.columns), self.rows, "")

    async def sent(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> tuple[int, bytes]:
        assert method == "GET"
        self.paths.append(path)
        if path in self.answers:
            said = self.answers[path]
            return (said, b"{}") if isinstance(said, int) else (200, orjson.dumps(said))
        for each in self.items:
            kind = BUILTIN.get(text(each, "kind"))
            space = text(each, "metadata", "namespace") or None
            if kind and kind.path(space, text(each, "metadata", "name")) == path:
                if kind.name in self.refused:
                    return 403, b"{}"
                return 200, orjson.dumps({"metadata": mapping(each, "metadata")})
        return 404, b"{}"

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        status, said = await self.sent(method, path, query)
        if status >= 300:
            raise Rejected(f"refused ({status})")
        return said


@dataclass(frozen=True)
class _One:
    """One cluster as the upstream of a call."""

    estate: Estate

    @property
    def clusters(self) -> "_One":
        return self

    @asynccontextmanager
    async def named(self, cluster: str, behalf: Behalf) -> AsyncGenerator[Kubernetes]:
        yield self.estate


def asking(*hidden: str, estate: Estate | None = None) -> Call[Upstream]:
    """Ask as ana, who may see all namespaces but the `hidden` ones."""
    return Call(
        "c",
        Principal("practice", "ana", "agent", frozenset()),
        Risk.READ,
        cast("Upstream", _One(estate or Estate())),
        cursors=lambda: Cursors(b"k", b"b"),
        sees=lambda _kind, name, *_around: name not in hidden,
    )


def made(kind: str, name: str, namespace: str = "shop", **more: Any) -> Object:
    """Write an object; `metadata` is added to."""
    about = {"name": name, "uid": f"u-{name}", **({"namespace": namespace} if namespace else {})}
    about |= more.pop("metadata", {})
    return {"kind": kind, "apiVersion": "v1", "metadata": about, **more}
