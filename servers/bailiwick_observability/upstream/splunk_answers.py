"""What Splunk's answers mean, in our models: jobs, summaries, indexes, messages."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from bailiwick.shaping.fence import inline
from bailiwick_observability.models.logs import LogSource
from bailiwick_observability.upstream.moments import seconds
from bailiwick_observability.upstream.shapes import Json, items, number, record, records, text

LISTED = (
    *("currentDBSizeMB", "disabled", "frozenTimePeriodInSecs", "maxTime", "minTime"),
    "totalEventCount",
)
"""What is read of an index, out of ninety properties."""
MODES = 5
"""How many of a field's values are read, the commonest."""
_TOLD = ("fatal", "error", "warn", "info")


def told(job: Json) -> list[str]:
    """Read what a job says, the worst first."""
    by_kind = record(job.get("messages"))
    said = [inline(text(each), 300) for kind in _TOLD for each in many(by_kind.get(kind))]
    return list(dict.fromkeys(each for each in said if each))


def failure(job: Json) -> str | None:
    """Say what made a job fail, or return None for one that did not."""
    if not yes(job.get("isFailed")) and job.get("dispatchState") != "FAILED":
        return None
    by_kind = record(job.get("messages"))
    wrong = [text(each) for kind in _TOLD[:2] for each in many(by_kind.get(kind))]
    return inline("; ".join(dict.fromkeys(wrong)), 300) or "the search failed"


def add(messages: list[str], more: Sequence[Json]) -> None:
    """Add what an answer says beside its rows, once."""
    for each in more:
        said = inline(text(each.get("text")), 300)
        if each.get("type") != "DEBUG" and said and said not in messages:
            messages.append(said)


def commonest(field: Json) -> list[tuple[str, int]]:
    """Read the commonest values of a field; some versions write the list as text."""
    modes = field.get("modes", field.get("values"))
    if isinstance(modes, str):
        try:
            modes = orjson.loads(modes)
        except orjson.JSONDecodeError:
            modes = []
    return [
        (text(each.get("value")), int(number(each.get("count")))) for each in records(modes)[:MODES]
    ]


def contents(said: Json) -> list[Json]:
    """Read the contents of all entries."""
    return [record(each.get("content")) for each in records(said.get("entry"))]


def many(said: Any) -> list[Any]:
    """Read what may be one or several."""
    return [said] if isinstance(said, str) else items(said)


def yes(said: Any) -> bool:
    """Read a boolean, which may be written in any of Splunk's ways."""
    return said is True or text(said).lower() in ("1", "true", "t")


def allowance(names: Iterable[str]) -> re.Pattern[str]:
    """Match what a role's names with wildcards mean: `*` alone never means internal indexes."""
    parts = [
        ("" if name.startswith("_") else "(?!_)") + re.escape(name.lower()).replace(r"\*", ".*")
        for name in names
    ]
    return re.compile("|".join(parts) or r"(?!)")


def index(name: str, said: Json, allowed: re.Pattern[str] | None) -> LogSource:
    """Read one index; where it is not told what is allowed, all that is listed is."""
    mine = allowed is None or allowed.fullmatch(name.lower()) is not None
    return LogSource(
        name,
        int(number(said.get("totalEventCount"))),
        number(said.get("currentDBSizeMB")),
        seconds(said.get("minTime")),
        seconds(said.get("maxTime")),
        number(said.get("frozenTimePeriodInSecs")) / 86_400,
        mine and not yes(said.get("disabled")),
    )
