"""The Prometheus HTTP API v1, as Prometheus 2.42 to 3.x, Thanos, Mimir and VictoriaMetrics have it.

https://prometheus.io/docs/prometheus/latest/querying/api/
"""

import math
import re
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from bailiwick.errors import BadRequest, Rejected, TooCostly, Unreadable
from bailiwick.shaping.fence import inline
from bailiwick.upstream.http import Http, Request, Response, Stream
from bailiwick_observability.expression import near, selectors
from bailiwick_observability.models.alerts import Alert, Rule
from bailiwick_observability.models.metrics import (
    Cardinality,
    Cost,
    Histogram,
    Instant,
    Matrix,
    MetricInfo,
    Series,
    Target,
    Window,
)
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.naming import safe
from bailiwick_observability.quoting import escaped
from bailiwick_observability.settings import SourceSettings
from bailiwick_observability.upstream import links
from bailiwick_observability.upstream.elements import Elements
from bailiwick_observability.upstream.moments import seconds
from bailiwick_observability.upstream.shapes import (
    Json,
    items,
    number,
    record,
    records,
    text,
    texts,
    whole,
)

READS = re.compile(r"POST (/[^ ]*)?/api/v1/(query|query_range|series|labels|parse_query)")
"""Questions that may be long, and are therefore POSTed."""
_MATRIX_BYTES = 400_000_000
"""Bytes of a matrix that is reduced as it arrives and never kept."""
_MANUAL = re.compile(r" \(see https?://\S+\)")
"""Where a warning points to the manual's page."""
_MOST = 8
"""Selectors of one query whose series are counted."""
_SCRAPE = 15.0
"""Seconds between samples where nothing better is known."""
_WHOLE = 24_000_000
"""Bytes of an answer that is read as a whole."""


@dataclass(frozen=True, slots=True)
class PrometheusApi:
    """One source. `prefix` goes before `/api/v1`, e.g. Grafana's data source proxy."""

    name: str
    http: Http
    settings: SourceSettings
    behalf: Behalf
    prefix: str = ""
    get_only: bool = False

    # Queries

    @asynccontextmanager
    async def matrix(self, query: str, window: Window) -> AsyncGenerator[Matrix]:
        """Run a range query; the series come one at a time, none is kept."""
        form = {
            "query": query,
            "start": _number(window.start),
            "end": _number(window.end),
            "step": _number(window.step),
            "timeout": f"{self._limit * 1_000:.0f}ms",
        }
        async with self._ask("query_range", form) as stream:
            elements = Elements(self.name, stream.chunks)
            matrix = Matrix(_none())
            matrix.series = self._each(elements, matrix)
            yield matrix
            self._read(stream.read)

    async def _each(self, elements: Elements, matrix: Matrix) -> AsyncGenerator[Series]:
        async for element in elements.each():
            yield _series(element)
        self._whole(elements.rest)
        matrix.warnings += _warnings(elements.rest)

    async def instant(self, query: str, at: float | None = None) -> Instant:
        """Run an instant query, or raise BadRequest with the source's position and reason."""
        form = {"query": query, "timeout": f"{self._limit * 1_000:.0f}ms"}
        if at is not None:
            form["time"] = _number(at)
        async with self._ask("query", form) as stream:
            elements = Elements(self.name, stream.chunks)
            series = [_series(element) async for element in elements.each() if "metric" in element]
            self._read(stream.read)
        self._whole(elements.rest)
        data, warnings = record(elements.rest.get("data")), _warnings(elements.rest)
        kind, pair = text(data.get("resultType")) or "vector", items(data.get("result"))
        if kind == "scalar" and len(pair) == 2:
            return Instant(kind, [_series({"value": pair})], "", warnings)
        if kind == "string" and len(pair) == 2:
            return Instant(kind, (), text(pair[1]), warnings)
        return Instant(kind, series, "", warnings)

    @property
    def _limit(self) -> float:
        """Seconds the source may work on a query: a little less than we wait for it."""
        return max(min(self.settings.seconds, self.settings.guards.run_limit) - 0.5, 0.5)

    @asynccontextmanager
    async def _ask(self, what: str, form: Mapping[str, str]) -> AsyncGenerator[Stream]:
        path = f"{self.prefix}/api/v1/{what}"
        request = Request("GET", path, form) if self.get_only else Request("POST", path, form=form)
        async with self.http.stream(
            request, most_bytes=_MATRIX_BYTES, seconds=self.settings.seconds
        ) as stream:
            if stream.status != 200:
                self._refuse(await stream.whole(), form["query"])
            yield stream

    def _refuse(self, response: Response, query: str = "") -> None:
        """Say what the source said of a query, and never ask it again: it would run again."""
        said = _said(response)
        kind, words = text(said.get("errorType")), text(said.get("error"))[:2_000]
        reason = inline(_quoted(words, query), 300)
        if kind in ("timeout", "canceled") or (response.status == 503 and reason):
            raise TooCostly(
                f"{self.name} gave the query up: {reason}. Ask for a shorter range, fewer series"
                " (more matchers), or an aggregate: sum by (...) (...)",
                detail=response.detail,
            )
        if kind in ("bad_data", "execution") or response.status == 422:
            raise BadRequest(f"{self.name} says: {reason or 'the query is wrong'}{_meant(reason)}")
        self.http.accepted(response)
        raise Rejected(f"{self.name} refused the query", detail=response.detail)

    def _whole(self, rest: Json) -> None:
        """Take no other JSON for an answer without series."""
        if rest.get("status") != "success":
            raise Unreadable(f"{self.name} sent a reply we cannot read", detail=repr(rest)[:300])

    def _read(self, count: int) -> None:
        facts = self.behalf.facts
        facts["bytes_read"] = facts.get("bytes_read", 0) + count

    # What there is

    async def data(self, what: str, query: Mapping[str, Any] | None = None) -> Any:
        """GET `/api/v1/{what}` and return its `data`, or raise one of ours."""
        return (await self.reply(what, query)).get("data")

    async def reply(self, what: str, query: Mapping[str, Any] | None = None) -> Json:
        """GET `/api/v1/{what}` and return all of it."""
        request = Request("GET", f"{self.prefix}/api/v1/{what}", query)
        async with self.http.stream(request, most_bytes=_WHOLE) as stream:
            response = await stream.whole()
        if response.status != 200:
            if response.status in (400, 422):
                self._refuse(response)
            self.http.accepted(response)
        said = _said(response)
        if said.get("status") != "success":
            raise Unreadable(f"{self.name} sent a reply we cannot read", detail=response.detail)
        self._read(len(response.body))
        return said

    async def optional(self, what: str, query: Mapping[str, Any] | None = None) -> Any:
        """Do the same, and return None where this version does not have it."""
        try:
            return await self.data(what, query)
        except (Rejected, Unreadable, BadRequest):
            return None

    async def names(self, part: str, limit: int) -> Sequence[MetricInfo]:
        """Find metrics by a part of their name, best first."""
        pattern = ".*" + re.escape(part).replace("\\_", "_") + ".*" if part else ".+"
        match = f'{{__name__=~"{escaped(pattern)}"}}'
        found = await self.data("label/__name__/values", {"match[]": match, "limit": limit})
        return [MetricInfo(text(name)) for name in items(found)]

    async def values(self, label: str, match: str = "", limit: int = 0) -> list[str]:
        """Read the values of a label, in the series that `match` selects."""
        query: Json = {"match[]": match} if match else {}
        if limit:
            query["limit"] = limit
        found = await self.data(f"label/{quote(_label_path(label), safe='')}/values", query)
        return [text(value) for value in items(found)]

    async def labels(self, match: str = "") -> list[str]:
        """Read the names of labels, in the series that `match` selects."""
        found = await self.data("labels", {"match[]": match} if match else {})
        return [text(name) for name in items(found)]

    async def metadata(self, metric: str = "", limit: int = 0) -> dict[str, MetricInfo]:
        """Read what metrics are."""
        query: Json = {"metric": metric} if metric else {}
        if limit:
            query["limit"] = limit
        found = record(await self.optional("metadata", query))
        return {
            name: MetricInfo(name, *(text(each[0].get(k)) for k in ("type", "help", "unit")))
            for name, said in found.items()
            if (each := records(said))
        }

    async def targets(self) -> Sequence[Target]:
        """Read the active targets."""
        found = record(await self.data("targets", {"state": "active"}))
        return [_target(each) for each in records(found.get("activeTargets"))]

    async def rules(self) -> Sequence[Rule]:
        """Read the alerting rules with what fires of them."""
        found = record(await self.data("rules", {"type": "alert"}))
        return [
            _rule(each, text(group.get("name")))
            for group in records(found.get("groups"))
            for each in records(group.get("rules"))
            if each.get("type", "alerting") == "alerting"
        ]

    async def cardinality(self, limit: int = 10) -> Cardinality | None:
        """Read what the head block holds; None where the source does not say."""
        found = record(await self.optional("status/tsdb", {"limit": limit}))
        if not found:
            return None
        head = record(found.get("headStats"))
        return Cardinality(
            whole(head.get("numSeries", found.get("totalSeries"))),
            _counts(found.get("seriesCountByMetricName")),
            _counts(found.get("labelValueCountByLabelName")),
            _counts(found.get("seriesCountByLabelValuePair")),
        )

    async def found(self, part: str, limit: int) -> Sequence[str] | None:
        """Find names by the server's own fuzzy search; None where it has none."""
        found = await self.optional("search/metric_names", {"search[]": part, "limit": limit})
        if found is None:
            return None
        return [text(record(each).get("name")) or text(each) for each in items(found)]

    async def cost(self, query: str, window: Window) -> Cost | None:
        """Count the series at the end of the window, and those that the selectors read.

        For one moment the query itself would be the way to count what it gives: it is left out.
        """
        given = await self._count(f"count(({query}\n))", window.end) if window.seconds else 0
        read = selectors(query)
        # What cannot be taken apart reads at least what it gives; of many, some stand for all.
        counts = {each: await self._count(f"count({each})", window.end) for each in read[:_MOST]}
        reads = sum(counts.values()) if read else given
        samples = sum(n * each.samples(window.seconds, _SCRAPE) for each, n in counts.items())
        more = max(len(read) / _MOST, 1.0)
        least = 0.0 if read else given * max(window.seconds / _SCRAPE, 1.0)
        return Cost(given, round(reads * more), max(samples * more, least))

    async def _count(self, query: str, at: float) -> int:
        answer = await self.instant(query, at)
        return answer.count

    # Links

    def link(self, query: str, window: Window) -> str:
        """Give the page on which a person sees the same."""
        return links.graph(self.settings.opens, query, window)

    def page(self, name: str) -> str:
        """Give one of the source's own pages: alerts, targets, tsdb-status."""
        return f"{self.settings.opens}/{name}"


async def _none() -> AsyncIterator[Series]:
    return
    yield


def _quoted(reason: str, query: str) -> str:
    """Keep what an error quotes of the query; of other values, say as much as of any label's."""

    def told(found: re.Match[str]) -> str:
        return found[0] if found[1] in query else f'"{safe(found[1])}"'

    return re.sub(r'"((?:\\.|[^"\\])*)"', told, reason)


def _meant(reason: str) -> str:
    """Offer what an unknown function may have meant."""
    unknown = re.search(r'unknown function with name "(\w+)"', reason)
    close = near(unknown[1]) if unknown else []
    return f"; did you mean {' or '.join(close)}?" if close else ""


def _said(response: Response) -> Json:
    try:
        said = orjson.loads(response.body)
    except orjson.JSONDecodeError:
        return {}
    return record(said)


def _warnings(rest: Json) -> list[str]:
    said = [text(each) for key in ("warnings", "infos") for each in items(rest.get(key))]
    return [inline(_MANUAL.sub("", each), 300) for each in said]


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _series(element: Json) -> Series:
    """Read one element of a vector or a matrix."""
    pairs = [element["value"]] if "value" in element else items(element.get("values"))
    grams = [element["histogram"]] if "histogram" in element else items(element.get("histograms"))
    try:
        points = [(float(at), float(value)) for at, value in pairs]
        histograms = [(float(at), _histogram(record(said))) for at, said in grams]
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise Unreadable("a source sent samples that are no numbers", detail=repr(error)) from error
    return Series(texts(element.get("metric")), points, histograms)


def _histogram(said: Json) -> Histogram:
    buckets = tuple((float(b[1]), float(b[2]), float(b[3])) for b in said.get("buckets") or ())
    return Histogram(float(said["count"]), float(said["sum"]), buckets)


def _label_path(label: str) -> str:
    """Write a label's name for a path: those that are not plain are escaped as UTF-8 names are."""
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", label):
        return label
    return "U__" + "".join(
        c if c.isascii() and c.isalnum() else "__" if c == "_" else f"_{ord(c):X}_" for c in label
    )


def _target(each: Json) -> Target:
    labels = texts(each.get("labels"))
    return Target(
        labels.get("job") or text(each.get("scrapePool")),
        labels.get("instance", ""),
        each.get("health") == "up",
        text(each.get("lastError")),
        seconds(each.get("lastScrape")),
        text(each.get("scrapeUrl")),
        number(each.get("lastScrapeDuration")),
    )


def _rule(each: Json, group: str) -> Rule:
    return Rule(
        text(each.get("name")),
        text(each.get("query")),
        number(each.get("duration")),
        group,
        texts(each.get("labels")),
        texts(each.get("annotations")),
        text(each.get("health")),
        text(each.get("lastError")),
        tuple(_alert(one) for one in records(each.get("alerts"))),
    )


def _alert(one: Json) -> Alert:
    value = number(one.get("value"), math.nan)
    return Alert(
        texts(one.get("labels")),
        texts(one.get("annotations")),
        "pending" if one.get("state") == "pending" else "firing",
        seconds(one.get("activeAt")),
        None if math.isnan(value) else value,
    )


def _counts(said: Any) -> list[tuple[str, int]]:
    return [(text(each.get("name")), whole(each.get("value"))) for each in records(said)]
