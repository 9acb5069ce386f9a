"""Pods in memory that have logs: what was asked for is kept, and refusals are the API's."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bailiwick.errors import Forbidden, Rejected
from bailiwick_cluster.parts import mapping, text
from bailiwick_cluster.upstream import Keep, Listing, Object, Query, Target
from tests.parts.estate import Estate, made

BEGIN = datetime(2026, 11, 24, 8, tzinfo=UTC).timestamp()
Where = tuple[str, str, bool]
"""Pod, container, and whether it is the run before."""


@dataclass
class Logged(Estate):
    """Pods whose logs are bytes, or what the API says in place of them: status and message."""

    logs: Mapping[Where, bytes | str] = field(default_factory=dict[Where, "bytes | str"])
    queries: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        """List by name or by labels `a=b,c=d`, as the API would."""
        self.targets.append(target)
        name = target.fields.removeprefix("metadata.name=")
        wanted = dict(each.split("=") for each in target.labels.split(",") if each)
        found = [
            each
            for each in self._of(target.kind, target.namespace)
            if name in ("", text(each, "metadata", "name"))
            and wanted.items() <= mapping(each, "metadata", "labels").items()
        ]
        return Listing([one for each in found if (one := keep(each)) is not None], len(found))

    @asynccontextmanager
    async def stream(
        self, path: str, query: Query = (), seconds: float = 60, accept: str = "*/*"
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        """Give the newest lines that were asked for, in pieces."""
        asked = {key: str(value) for key, value in query}
        pod = path.split("/")[-2]
        self.queries.append({"pod": pod, **asked})
        found = self.logs.get((pod, asked["container"], "previous" in asked), b"")
        if isinstance(found, str):
            kind = Forbidden if found.startswith("403") else Rejected
            raise kind("refused", detail=found)
        lines = found.splitlines(keepends=True)[-int(asked["tailLines"]) :]
        yield _pieces(b"".join(lines)[: int(asked["limitBytes"])])


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    for at in range(0, len(body), 7_001):
        yield body[at : at + 7_001]


def log(*lines: str, start: float = 0, every: float = 1) -> bytes:
    """Write a log as the API gives it; its first line is so many seconds after 08:00."""
    stamped: list[str] = []
    for number, line in enumerate(lines):
        at = datetime.fromtimestamp(BEGIN + start + number * every, UTC)
        stamped.append(f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}000Z {line}\n")
    return "".join(stamped).encode()


def pod(
    name: str,
    *,
    owner: tuple[str, str] | None = None,
    containers: Sequence[str] = ("app",),
    state: Mapping[str, Any] | None = None,
    last: Mapping[str, Any] | None = None,
    restarts: int = 0,
    node: str = "node-0",
    init: Sequence[Mapping[str, Any]] = (),
    **labels: str,
) -> Object:
    """Write a pod whose containers are all in one state; `init` are statuses by name."""
    template = labels.pop("template", "")
    known = {**labels, **({"pod-template-hash": template} if template else {})}
    owners = [{"kind": owner[0], "name": owner[1], "controller": True}] if owner else []
    status: dict[str, Any] = {
        "state": state if state is not None else {"running": {}},
        "lastState": {"terminated": last} if last else {},
        "restartCount": restarts,
    }
    return made(
        "Pod",
        name,
        metadata={
            "labels": known,
            "ownerReferences": owners,
            "creationTimestamp": "2026-11-24T07:00:00Z",
        },
        spec={
            **({"nodeName": node} if node else {}),
            "containers": [{"name": each} for each in containers],
            "initContainers": [{"name": each["name"]} for each in init],
        },
        status={
            "containerStatuses": [{"name": each, **status} for each in containers],
            "initContainerStatuses": list(init),
        },
    )
