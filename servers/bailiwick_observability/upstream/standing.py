"""How a source is: version, what it can do, its clock, or why it does not answer."""

import re
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache

import anyio
import orjson

from bailiwick.errors import BailiwickError, Rejected
from bailiwick.shaping.fence import inline
from bailiwick.upstream.http import Http, Request, Response
from bailiwick_observability.models.sources import Standing
from bailiwick_observability.settings import DynatraceSettings, SourceSettings
from bailiwick_observability.upstream.shapes import record, records, text

PROBES: Mapping[str, str] = {
    "prometheus": "/api/v1/status/buildinfo",
    "alertmanager": "/api/v2/status",
    "grafana": "/api/health",
    "splunk": "/services/server/info?output_mode=json",
    "dynatrace": "/api/v1/config/clusterversion",
}
"""What tells a version, by kind of source."""
_SECONDS = 5.0
pattern = lru_cache(maxsize=32)(re.compile)
"""Compile a pattern once."""


async def look(
    name: str, settings: SourceSettings, path: str, open_: Callable[[], Http]
) -> Standing:
    """Ask for the version, within a few seconds."""
    kind = str(getattr(settings, "kind", ""))
    try:
        with anyio.fail_after(_SECONDS):
            http = open_()
            sent = time.time()
            response = await http.exchange(Request("GET", path))
            skew = _skew(response, (sent + time.time()) / 2)
            version, features = await _read(kind, settings, http, response)
    except TimeoutError:
        return Standing(name, kind, problem=f"no answer in {_SECONDS:g} s", url=settings.url)
    except BailiwickError as error:
        return Standing(name, kind, problem=str(error), url=settings.url)
    return Standing(name, kind, version, features, skew=skew, url=settings.url)


def _skew(response: Response, now: float) -> float | None:
    """Compare clocks by the Date header (RFC 9110, 6.6.1), which knows whole seconds."""
    try:
        said = parsedate_to_datetime(response.headers.get("date", "")).timestamp()
    except (TypeError, ValueError):
        return None
    return round(said + 0.5 - now, 1)


async def _read(
    kind: str, settings: SourceSettings, http: Http, response: Response
) -> tuple[str, tuple[str, ...]]:
    if kind == "prometheus":
        return await _prometheus(http, response)
    http.accepted(response)
    said = _json(response)
    if kind == "alertmanager":
        return text(record(said.get("versionInfo")).get("version")), ("silences",)
    if kind == "grafana":
        return text(said.get("version")), ("dashboards", "annotations")
    if kind == "splunk":
        entry = next(iter(records(said.get("entry"))), None)
        return text(record(record(entry).get("content")).get("version")), ("search v2",)
    dql = isinstance(settings, DynatraceSettings) and settings.platform_url
    return text(said.get("version")), ("problems", *(("dql",) if dql else ()))


async def _prometheus(http: Http, response: Response) -> tuple[str, tuple[str, ...]]:
    """Tell Prometheus from those that speak as it does, and look what it has beyond 2.42."""
    said: Mapping[str, object] = {}
    if response.status == 200:
        said = record(_json(response).get("data"))
    else:
        answered = await http.exchange(Request("GET", "/api/v1/query", {"query": "1"}))
        http.accepted(answered)
        _json(answered)
    version = text(said.get("version"))
    application = text(said.get("application")) or _flavour(response, version)
    features: list[str] = ["promql"]
    for path, feature in (
        ("search/metric_names?limit=1", "search"),
        ("status/tsdb?limit=1", "tsdb"),
    ):
        try:
            found = await http.exchange(Request("GET", f"/api/v1/{path}"))
        except BailiwickError:
            continue
        if found.status == 200:
            features.append(feature)
    return f"{application} {version}".strip(), tuple(features)


def _flavour(response: Response, version: str) -> str:
    if "x-server-hostname" in response.headers:  # each of its components says so
        return "VictoriaMetrics"
    if "victoria" in version.lower() or version.startswith("v1.") or not version:
        return "VictoriaMetrics" if "vm" in " ".join(response.headers).lower() else ""
    return "Prometheus"


def _json(response: Response) -> dict[str, object]:
    try:
        return record(orjson.loads(response.body.strip()))
    except orjson.JSONDecodeError as error:
        page = response.body.lstrip()[:1] == b"<"
        what = "a web page; its URL may be wrong" if page else "no JSON"
        raise Rejected(f"it answers {what}", detail=inline(response.detail, 300)) from error
