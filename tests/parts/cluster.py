"""A cluster in memory, for tests of what reads one: every question that was not meant fails."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, MutableMapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NoReturn

from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.upstream import (
    JSON,
    MERGE_PATCH,
    Keep,
    Kubernetes,
    Listing,
    Object,
    Page,
    Query,
    Sent,
    Target,
)


class Unasked(Kubernetes):
    """Knows Kubernetes' own kinds and nothing else; a test answers what it expects."""

    name = "eu"

    @property
    def kept(self) -> MutableMapping[str, bytes]:
        """Keep nothing."""
        return {}

    @property
    def apart(self) -> float:
        """Agree with our clock."""
        return 0.0

    @property
    def now(self) -> float:
        """Tell our own time, and what it is ahead."""
        return time.time() + self.apart

    async def kind(self, name: str) -> KindInfo:
        """Know Kubernetes' own."""
        return BUILTIN[name]

    async def served(self, names: Sequence[str]) -> Sequence[KindInfo]:
        """Serve Kubernetes' own."""
        return [BUILTIN[name] for name in names if name in BUILTIN]

    async def page(self, target: Target, limit: int, more: str = "") -> Page:
        """Fail."""
        unasked("page", target, limit, more)

    def pages(self, target: Target, limit: int = 500) -> AsyncGenerator[Page]:
        """Fail."""
        unasked("pages", target, limit)

    async def read(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Fail."""
        unasked("read", kind.name, namespace, name)

    async def exact(self, kind: KindInfo, namespace: str | None, name: str) -> Object:
        """Fail."""
        unasked("exact", kind.name, namespace, name)

    async def objects(self, target: Target, keep: Keep, most: int = 50_000) -> Listing:
        """Fail."""
        unasked("objects", target, most)

    async def raw(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> bytes:
        """Fail."""
        unasked(method, path, query)

    async def sent(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> tuple[int, bytes]:
        """Fail."""
        unasked(method, path, query)

    async def asked(
        self,
        method: str,
        path: str,
        query: Query = (),
        accept: str = JSON,
        body: Any = None,
        content: str = MERGE_PATCH,
    ) -> Sent:
        """Fail."""
        unasked(method, path, query)

    def stream(
        self, path: str, query: Query = (), seconds: float = 60, accept: str = "*/*"
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Fail."""
        unasked("stream", path, query)

    def socket(
        self, path: str, query: Query, protocols: Sequence[str]
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Fail."""
        unasked("socket", path, query, protocols)

    async def scale(
        self, kind: KindInfo, namespace: str, name: str, *, replicas: int, seen: str, dry_run: bool
    ) -> int:
        """Fail."""
        unasked("scale", kind.name, namespace, name)


def unasked(*what: object) -> NoReturn:
    """Say what was asked and should not have been."""
    raise AssertionError(f"nobody meant to ask for {what}")
