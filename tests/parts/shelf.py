"""A cluster in memory to write to: objects have versions, and it can be told to fail."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.upstream import JSON, MERGE_PATCH, Keep, Listing, Object, Query, Sent, Target
from bailiwick_cluster.upstream.writing import Place
from tests.parts.cluster import Unasked

Answered = Callable[[str, str], Sent | None]


def status(code: int, message: str = "no", **details: Any) -> Sent:
    """Write a refusal as the API does."""
    told = {"kind": "Status", "code": code, "message": message, "details": details}
    return Sent(code, orjson.dumps(told))


def place(kind: str, name: str, namespace: str | None = "shop") -> Place:
    """Name an object of Kubernetes' own kinds."""
    info = BUILTIN[kind]
    return Place(info, namespace if info.namespaced else None, name)


@dataclass
class Shelf(Unasked):
    """Objects by path. `before` may answer in place of the API, by method and path."""

    objects_: dict[str, Object] = field(default_factory=dict[str, Object])
    asked_: list[str] = field(default_factory=list[str])
    before: Answered = lambda _method, _path: None
    after: Callable[[str, str], None] = lambda _method, _path: None
    count: int = 0

    def put(self, where: Place, **body: Any) -> Object:
        """Have an object there, as somebody wrote it."""
        about = {"name": where.name, "namespace": where.namespace, "uid": f"uid-{where.name}"}
        kind = where.kind.name
        return self._write(where.path, {"kind": kind, "metadata": about, **body})

    def touch(self, where: Place, **more: Any) -> None:
        """Write something of an object, as a controller does."""
        self._write(where.path, {**self.objects_[where.path], **more})

    def _write(self, path: str, body: Object) -> Object:
        self.count += 1
        about = {**body["metadata"], "resourceVersion": str(self.count)}
        about.setdefault("uid", f"uid-{self.count}")
        self.objects_[path] = copy.deepcopy({**body, "metadata": about})
        return self.objects_[path]

    async def asked(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> Sent:
        """Answer as the API does."""
        dry = ("dryRun", "All") in query
        self.asked_.append(f"{method} {path}{' dry' if dry else ''}")
        said = self.before(method, path) or self._answer(method, path, body, dry=dry)
        if said.status < 300:
            self.after(method, path)
        return said

    def _answer(self, method: str, path: str, body: Any, *, dry: bool) -> Sent:
        found = self.objects_.get(path)
        if method == "GET":
            if found is None:
                return status(404, name=path.rpartition("/")[2])
            return Sent(200, orjson.dumps(found))
        if found is None and method in ("DELETE", "PUT"):
            return status(404, name=path.rpartition("/")[2])
        wanted = self._version(method, body)
        if found is not None and wanted not in ("", found["metadata"]["resourceVersion"]):
            return status(409, "the object has been modified")
        if method == "DELETE":
            self.objects_.pop(path)
            return Sent(200, b'{"kind": "Status", "status": "Success"}')
        where = f"{path}/{body['metadata']['name']}" if method == "POST" else path
        made = {**body, "metadata": {**((found or {}).get("metadata", {})), **body["metadata"]}}
        made = made if method == "PUT" else {**(found or {}), **made}
        return Sent(200, orjson.dumps(made if dry else self._write(where, made)))

    def _version(self, method: str, body: Any) -> str:
        if method == "DELETE":
            return str(body["preconditions"]["resourceVersion"])
        return str(body.get("metadata", {}).get("resourceVersion", ""))

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Read one as it is."""
        return self.objects_[Place(kind, namespace, name).path]

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        """List what is there, whatever its labels."""
        root = target.kind.path(target.namespace)
        found = [each for path, each in self.objects_.items() if path.startswith(f"{root}/")]
        kept = [one for each in found if (one := keep(each)) is not None]
        return Listing(kept, len(found))
