"""A Prometheus and an Alertmanager in memory, which answer with the JSON of real ones.

They speak as much of the API as the tools use, and keep what they were asked, and did.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import orjson
import pytest

from bailiwick_observability.upstream import sources
from tests.parts.promql import Held, Vector

NOW = 1_795_527_300.0  # 2026-11-24T13:35:00Z
Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


def stamp(at: float) -> str:
    """Write a time as Go does."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def said(data: Any, **more: Any) -> httpx.Response:
    """Answer as Prometheus does."""
    return httpx.Response(200, json={"status": "success", "data": data, **more})


def refused(status: int, kind: str, reason: str) -> httpx.Response:
    """Refuse as Prometheus does."""
    body = {"status": "error", "errorType": kind, "error": reason}
    return httpx.Response(status, json=body)


def form(request: httpx.Request) -> dict[str, str]:
    """Read the arguments of a request, wherever they stand."""
    query = request.url.query if request.method == "GET" else request.content
    return {name: values[-1] for name, values in parse_qs(query.decode()).items()}


def digits(value: float) -> str:
    """Write a sample's value as Prometheus does."""
    if math.isnan(value):
        return "NaN"
    return ("+Inf" if value > 0 else "-Inf") if math.isinf(value) else repr(value)


@dataclass
class Prom:
    """The state. `fails` answers instead, unless it returns None; `warns` comes with queries."""

    held: Held = field(default_factory=Held)
    rules: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    targets: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    alerts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    silences: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    metadata: dict[str, Any] = field(default_factory=dict[str, Any])
    tsdb: dict[str, Any] | None = None
    warns: list[str] = field(default_factory=list[str])
    fails: Callable[[httpx.Request], httpx.Response | None] = lambda _: None
    seen: list[httpx.Request] = field(default_factory=list[httpx.Request])

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer, or fail as told."""
        self.seen.append(request)
        instead = self.fails(request)
        if instead is not None:
            return instead
        path = request.url.path
        if "/api/v2/" in path:
            return self._manager(request, path.partition("/api/v2/")[2])
        return self._store(request, path.partition("/api/v1/")[2])

    @property
    def queries(self) -> list[str]:
        """The queries that were run, in order."""
        return [form(each)["query"] for each in self.seen if "/query" in each.url.path]

    def _store(self, request: httpx.Request, what: str) -> httpx.Response:
        asked = form(request)
        if what in ("query", "query_range"):
            return self._query(what, asked)
        if what == "labels" or what.startswith("label/"):
            return self._labels(what, asked)
        known: Mapping[str, Any] = {
            "metadata": self.metadata,
            "targets": {"activeTargets": self.targets},
            "rules": {"groups": [{"name": "shop", "rules": self.rules}]},
            "status/tsdb": self.tsdb,
            "status/buildinfo": {"version": "3.6.0"},
        }
        if known.get(what) is None:
            return httpx.Response(404, text="404 page not found")
        return said(known[what])

    def _query(self, what: str, asked: Mapping[str, str]) -> httpx.Response:
        query = asked["query"]
        more: dict[str, Any] = {"warnings": self.warns} if self.warns else {}
        try:
            if what == "query":
                at = float(asked.get("time", NOW))
                return said(_vector(self.held.asked(query, at), at), **more)
            return said(self._matrix(query, asked), **more)
        except ValueError:
            reason = f'invalid parameter "query": 1:1: parse error: unexpected {query[:9]!r}'
            return refused(400, "bad_data", reason)

    def _matrix(self, query: str, asked: Mapping[str, str]) -> dict[str, Any]:
        start, end, step = (float(asked[name]) for name in ("start", "end", "step"))
        found: dict[bytes, list[list[Any]]] = {}
        for number in range(int((end - start) / step + 1e-6) + 1):
            at = start + number * step
            for labels, value in self.held.asked(query, at):
                key = orjson.dumps(labels, option=orjson.OPT_SORT_KEYS)
                found.setdefault(key, []).append([at, digits(value)])
        result = [{"metric": orjson.loads(key), "values": v} for key, v in found.items()]
        return {"resultType": "matrix", "result": result}

    def _labels(self, what: str, asked: Mapping[str, str]) -> httpx.Response:
        match = asked.get("match[]")
        found = self.held.selected(match) if match else [labels for labels, _ in self.held.series]
        if what == "labels":
            return said(sorted({name for labels in found for name in labels}))
        name = unquote(what.removeprefix("label/").removesuffix("/values"))
        return said(sorted({labels[name] for labels in found if name in labels}))

    def _manager(self, request: httpx.Request, what: str) -> httpx.Response:
        if request.method == "DELETE":
            gone = what.removeprefix("silence/")
            for each in self.silences:
                if each["id"] == gone:
                    each["status"] = {"state": "expired"}
            return httpx.Response(200)
        if request.method == "POST":
            made = {**orjson.loads(request.content), "id": f"{len(self.silences):08x}-0000-4000"}
            made["updatedAt"] = made["startsAt"]
            self.silences.append({**made, "status": {"state": "active"}})
            return httpx.Response(200, json={"silenceID": made["id"]})
        known: Mapping[str, Any] = {
            "alerts": self.alerts,
            "silences": self.silences,
            "status": {"versionInfo": {"version": "0.31.0"}},
        }
        return httpx.Response(200, json=known[what])

    def fires(self, name: str, since: float = 600, **labels: str) -> dict[str, Any]:
        """Let an alert fire at the Alertmanager, and return it for changes."""
        alert: dict[str, Any] = {
            "labels": {"alertname": name, **labels},
            "annotations": {},
            "startsAt": stamp(NOW - since),
            "endsAt": stamp(NOW + 300),
            "fingerprint": f"{len(self.alerts):016x}",
            "receivers": [{"name": "oncall"}],
            "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
        }
        self.alerts.append(alert)
        return alert

    def rule(self, name: str, query: str, *alerts: dict[str, Any], **more: Any) -> None:
        """Hold an alerting rule with what fires of it."""
        usual = {"name": name, "query": query, "duration": 300, "type": "alerting", "health": "ok"}
        fields: dict[str, Any] = {
            "labels": {},
            "annotations": {},
            "lastError": "",
            "alerts": list(alerts),
        }
        self.rules.append({**usual, **fields, **more})


def firing(name: str, since: float = 600, value: str = "1", **labels: str) -> dict[str, Any]:
    """Write an alert as the rules API does."""
    return {
        "labels": {"alertname": name, **labels},
        "annotations": {},
        "state": "firing",
        "activeAt": stamp(NOW - since),
        "value": value,
    }


def _vector(found: Vector, at: float) -> dict[str, Any]:
    result = [{"metric": labels, "value": [at, digits(value)]} for labels, value in found]
    return {"resultType": "vector", "result": result}


def wire(patch: pytest.MonkeyPatch, by_host: Mapping[str, Handler]) -> None:
    """Let every pool of sources reach these instead of the network, by host name."""

    def made(_ca: object, base_url: str = "", **more: Any) -> httpx.AsyncClient:
        answer: Any = by_host[httpx.URL(base_url).host]
        kept = {name: more[name] for name in ("auth", "headers")}
        return httpx.AsyncClient(
            transport=httpx.MockTransport(answer), base_url=base_url, trust_env=False, **kept
        )

    patch.setattr(sources, "client", made)
