"""What Dynatrace's Environment API v2 answers, read into our models; absent fields are nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bailiwick_observability.models.logs import LogSource
from bailiwick_observability.models.metrics import NAME, MetricInfo, Series
from bailiwick_observability.models.problems import Comment, Entity, Evidence, Problem, Slo
from bailiwick_observability.upstream.shapes import (
    Json,
    items,
    number,
    record,
    records,
    text,
    texts,
)


def moment(said: Any) -> float:
    """Read milliseconds since 1970 as seconds; 0 for none, and for -1, which means still open."""
    return max(number(said), 0.0) / 1_000


def problem(said: Json) -> Problem:
    """Read a problem, as a list or its own page has it."""
    root = record(said.get("rootCauseEntity"))
    comments = records(record(said.get("recentComments")).get("comments"))
    evidence = [
        _evidence(each) for each in records(record(said.get("evidenceDetails")).get("details"))
    ]
    return Problem(
        id=text(said.get("problemId")),
        display_id=text(said.get("displayId")),
        title=text(said.get("title")),
        severity=text(said.get("severityLevel")),
        impact=text(said.get("impactLevel")),
        status=text(said.get("status")),
        start=moment(said.get("startTime")),
        end=moment(said.get("endTime")),
        root_cause=stub(root) if root else None,
        affected=[stub(each) for each in records(said.get("affectedEntities"))],
        impacted=[stub(each) for each in records(said.get("impactedEntities"))],
        zones=tuple(text(each.get("name")) for each in records(said.get("managementZones"))),
        evidence=evidence,
        comments=[comment(each) for each in comments],
        updated=max(
            [moment(said.get("startTime")), moment(said.get("endTime"))]
            + [moment(each.get("createdAtTimestamp")) for each in comments]
        ),
    )


def commented(found: Problem, comments: Sequence[Comment]) -> Problem:
    """Give a problem all of its comments, the newest first."""
    ordered = sorted(comments, key=lambda one: -one.at)
    return replace(found, comments=ordered, updated=max(found.updated, *(c.at for c in ordered)))


def stub(said: Json) -> Entity:
    """Read an entity as others refer to it: `{"entityId": {"id", "type"}, "name"}`."""
    key = record(said.get("entityId"))
    name = text(said.get("name")) or text(key.get("id"))
    return Entity(text(key.get("id")), name, text(key.get("type")))


def _evidence(said: Json) -> Evidence:
    kind = text(said.get("evidenceType")).lower()
    # What it is of comes along where there is such: the type of an event, a metric and its change.
    about = text(said.get("eventType")) or text(said.get("metricId"))
    name = text(said.get("displayName"))
    if "valueAfterChangePoint" in said:
        before, after = (
            number(said.get("valueBeforeChangePoint")),
            number(said["valueAfterChangePoint"]),
        )
        name += f": {before:.4g} before, {after:.4g} since ({text(said.get('unit'))})"
    return Evidence(
        name,
        f"{kind} {about}".strip(),
        stub(record(said.get("entity"))),
        moment(said.get("startTime")),
        moment(said.get("endTime")),
        said.get("rootCauseRelevant") is True,
    )


def comment(said: Json) -> Comment:
    """Read a comment."""
    return Comment(
        text(said.get("id")),
        text(said.get("authorName")),
        moment(said.get("createdAtTimestamp")),
        text(said.get("content")),
    )


def entity(said: Json) -> Entity:
    """Read an entity as the entities' own list has it."""
    identifier = text(said.get("entityId"))
    properties = record(said.get("properties"))
    relations = {name: _ids(ids) for name, ids in record(said.get("fromRelationships")).items()}
    for name, ids in record(said.get("toRelationships")).items():
        relations[f"<{name}"] = _ids(ids)
    return Entity(
        identifier,
        text(said.get("displayName")) or identifier,
        text(said.get("type")) or identifier.rpartition("-")[0],
        tuple(text(each.get("stringRepresentation")) for each in records(said.get("tags"))),
        {name: _flat(value) for name, value in properties.items()},
        relations,
    )


def _ids(said: Any) -> Sequence[str]:
    return [text(each.get("id")) for each in records(said)]


def _flat(value: Any) -> str:
    """Write a property: lists are joined, truth is a word, structure is left out."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(text(each) for each in items(value)) or text(value)


def slo(said: Json, source: str) -> Slo:
    """Read an objective; Dynatrace counts in per cent, and says -1 for not evaluated."""
    target, actual = number(said.get("target")), number(said.get("evaluatedPercentage"), -1.0)
    known = actual >= 0 and text(said.get("error")) in ("", "NONE")
    allowed = 100 - target
    burn = record(said.get("errorBudgetBurnRate")).get("burnRateValue")
    left = number(said.get("errorBudget"), actual - target)
    status = text(said.get("status"))
    return Slo(
        name=text(said.get("name")),
        target=target / 100,
        actual=actual / 100 if known else None,
        budget_left=left / allowed if known and allowed > 0 else None,
        burn=None if burn is None else number(burn),
        window=text(said.get("timeframe")),
        status=status if known or status != "SUCCESS" else "NOT_EVALUATED",
        source=source,
    )


def info(said: Json) -> MetricInfo:
    """Read what a metric is."""
    title, more = text(said.get("displayName")), text(said.get("description"))
    return MetricInfo(
        text(said.get("metricId")),
        text(record(said.get("defaultAggregation")).get("type")),
        f"{title}: {more}" if title and more else title or more,
        text(said.get("unit")),
    )


def series(said: Json) -> list[Series]:
    """Read all series of a metrics query; intervals without a value are left out."""
    found: list[Series] = []
    for result in records(said.get("result")):
        metric = text(result.get("metricId"))
        for data in records(result.get("data")):
            pairs = zip(items(data.get("timestamps")), items(data.get("values")), strict=False)
            points = [(moment(at), number(value)) for at, value in pairs if value is not None]
            found.append(Series({NAME: metric, **_dimensions(data)}, points))
    return found


def _dimensions(data: Json) -> Mapping[str, str]:
    named = texts(data.get("dimensionMap"))
    return named or {str(n): text(value) for n, value in enumerate(items(data.get("dimensions")))}


def warnings(said: Json) -> list[str]:
    """Read what is warned of, on the whole and for single metrics, each once."""
    found = [*items(said.get("warnings"))]
    for result in records(said.get("result")):
        found += items(result.get("warnings"))
    return list(dict.fromkeys(text(each) for each in found))


def line(said: Json, at: str) -> Json:
    """Read a log record of Log Monitoring Classic as Grail would give it: one level, one time."""
    more = {name: _single(value) for name, value in record(said.get("additionalColumns")).items()}
    known = {key: said[key] for key in ("content", "status") if key in said}
    if "eventType" in said:
        known["event.type"] = said["eventType"]
    return {"timestamp": at, **known, **more}


def bucket(said: Json) -> LogSource:
    """Read a bucket of Grail; it tells no times."""
    size = number(said.get("estimated_uncompressed_bytes", said.get("estimatedUncompressedBytes")))
    days = number(said.get("retention_days", said.get("retentionDays")))
    name, status = text(said.get("name")), text(said.get("status"))
    counted = int(number(said.get("records")))
    return LogSource(name, counted, size / 1e6, 0.0, 0.0, days, status in ("", "active"))


def _single(value: Any) -> Any:
    """Take the only value of a list out of it."""
    return items(value)[0] if len(items(value)) == 1 else value
