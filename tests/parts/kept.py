"""A cluster in memory that holds objects, lets some be listed, and answers access reviews."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from bailiwick.cursor import Cursors
from bailiwick.errors import Forbidden, Rejected
from bailiwick.policy.question import Principal, Risk
from bailiwick.shaping.render import Reply, shape
from bailiwick.tool import Call, ToolSpec
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
)
from tests.parts.cluster import Unasked

ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))
Review = Callable[[str, Mapping[str, Any]], Mapping[str, Any] | None]
"""Takes a review's kind and body; returns its status, or None to refuse the question."""


def refuse(_kind: str, _body: Mapping[str, Any]) -> None:
    """Refuse every review."""


@dataclass
class Kept(Unasked):
    """Objects by kind. `closed` kinds (or `kind/namespace`) may not be listed nor read."""

    objects_: Mapping[str, Sequence[Object]]
    closed: frozenset[str] = frozenset()
    more: Mapping[str, KindInfo] = field(default_factory=dict[str, KindInfo])
    reviews: Review = refuse

    async def kind(self, name: str) -> KindInfo:
        """Know Kubernetes' own, and what is served beside it."""
        return {**BUILTIN, **self.more}[name]

    async def served(self, names: Sequence[str]) -> Sequence[KindInfo]:
        """Find out which are served."""
        known = {**BUILTIN, **self.more}
        return [known[name] for name in names if name in known]

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        """List names: how a look in parts begins."""
        self._open(target.kind.name, target.namespace)
        found = [text(each, "metadata", "name") for each in self._all(target)]
        return Page((), [Row("", name, (name,), {}) for name in found], "")

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        """List what the selectors leave."""
        self._open(target.kind.name, target.namespace)
        found = self._all(target)
        kept = [one for each in found if (one := keep(each)) is not None]
        return Listing(kept, len(found))

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Read one."""
        self._open(kind.name, namespace)
        for each in self._all(Target(kind, namespace)):
            if text(each, "metadata", "name") == name:
                return each
        raise Rejected(f"eu has no {kind.plural} {name}")

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        """Answer a review."""
        assert (method, content) == ("POST", JSON)
        assert path.startswith(f"/apis/{body['apiVersion']}/")
        assert path.endswith(f"/{body['kind'].lower()}s")
        status = self.reviews(body["kind"], body)
        if status is None:
            raise Forbidden("no")
        return orjson.dumps({**body, "status": status})

    def _open(self, kind: str, namespace: str | None) -> None:
        wide = namespace is None and any(each.startswith(f"{kind}/") for each in self.closed)
        if wide or kind in self.closed or f"{kind}/{namespace}" in self.closed:
            raise Forbidden(f"no {kind}")

    def _all(self, target: Target) -> list[Object]:
        own = self.objects_.get(target.kind.name, ())
        wanted = dict(part.split("=") for part in target.labels.split(",") if part)
        name, _, value = target.fields.partition("=")
        return [
            each
            for each in own
            if target.namespace in (None, text(each, "metadata", "namespace"))
            and wanted.items() <= mapping(each, "metadata", "labels").items()
            and (not name or text(each, *name.split(".")) == value)
        ]


@dataclass
class One:
    """The only cluster there is, opened for whoever asks."""

    kubernetes: Kubernetes

    @property
    def clusters(self) -> "One":
        """Return itself: there is nothing around it."""
        return self

    def named(self, cluster: str, behalf: Behalf) -> "One":
        """Open it."""
        assert cluster == "eu"
        return self

    async def __aenter__(self) -> Kubernetes:
        return self.kubernetes

    async def __aexit__(self, *_: object) -> None:
        return None


async def ask(
    kubernetes: Kubernetes, spec: ToolSpec, *, hidden: frozenset[str] = frozenset(), **said: Any
) -> Reply:
    """Check the arguments, call a tool over a cluster as ana, and shape the answer."""
    given = dict(spec.arguments.model_validate({"cluster": "eu", **said}))
    call: Call[Any] = Call(
        id="call-1",
        principal=ANA,
        risk=Risk.READ,
        upstream=One(kubernetes),
        cursors=lambda: Cursors(b"k" * 32, b"test"),
        sees=lambda _kind, name, *_around: name not in hidden,
    )
    return shape(await spec.run(**given, call=call), nonce="nonce123", budget=spec.budget)
