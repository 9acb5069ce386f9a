"""A log question from its text to rows: judged, shown to the policy, bounded in its cost."""

import fnmatch
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from bailiwick.errors import BadRequest, Denied, Forbidden
from bailiwick.tool import Call
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf, guarding
from bailiwick_observability.dql import judge as judge_dql
from bailiwick_observability.dql.times import span
from bailiwick_observability.models.logs import Found, Logs, LogSource, Search, Splunk
from bailiwick_observability.models.metrics import Window
from bailiwick_observability.settings import SplunkSettings
from bailiwick_observability.spl.guard import Rules, Verdict, judge
from bailiwick_observability.spl.macros import Macro

_DQL = re.compile(
    r"\s*(fetch|timeseries|metrics|data|describe|load|smartscape\w*)\b", re.IGNORECASE
)
_ROUNDS = 6
"""How often macros and saved searches that stand in others are looked up."""
_INDEX = re.compile(r"[a-z0-9_][a-z0-9_-]{0,79}")
_RELATIVE = re.compile(r"-\d{1,6}[smhdw](@[smhdw])?|now")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a caller asks of logs."""

    source: str
    query: str
    window: Window
    index: str | None = None
    most: int = 1_000


@asynccontextmanager
async def searched(call: Call[Upstream], wanted: Wanted) -> AsyncGenerator[tuple[Found, str]]:
    """Judge, check the cost, run; give the rows as they come, and the page that shows the same."""
    guards = guarding(call, wanted.source)
    hours = wanted.window.seconds / 3_600
    guards.check("range_hours", hours, "Ask for a shorter range")
    logs = call.upstream.sources.logs(wanted.source, behalf(call))
    if call.upstream.sources.kind(wanted.source) == "splunk":
        search = await _spl(call, wanted)
    else:
        search = await _dql(call, wanted, logs)
    call.facts.update(query=search.query[:2_000], start=search.start, end=search.end)
    budget, who = call.upstream.budget, call.principal.id
    # Grail says what it scanned only afterwards, and Splunk not where an index has no size.
    await budget.open(who, "scanned_gb")
    async with logs.search(search) as found:
        try:
            yield found, logs.link(search)
        finally:
            call.facts.update(search=found.id, matched=found.total, scanned=found.scanned)
            with anyio.CancelScope(shield=True):
                read = found.scanned_bytes / 1e9
                await budget.spend(who, "scanned_gb", read, call.facts, due=True)


async def _dql(call: Call[Upstream], wanted: Wanted, logs: Logs) -> Search:
    """Build a query of plain words, or judge one that is DQL already."""
    window, now = wanted.window, call.upstream.clock()
    query, transforming = wanted.query, False
    buckets: frozenset[str] = frozenset({"*"})
    if not _DQL.match(query):
        named = [wanted.index] if wanted.index else []
        environment = call.upstream.sources.environment(wanted.source, behalf(call))
        query = environment.plain(query, wanted.most, named)
        buckets = frozenset(named or ["*"])
    else:
        verdict = judge_dql(query)
        if not verdict.allowed:
            raise BadRequest(f"not run: {'; '.join(map(str, verdict.reasons[:3]))}")
        reach = span(verdict.times, window.start, window.end, now)
        if reach is None or reach[0] < window.start - 60 or reach[1] > max(window.end, now) + 60:
            raise BadRequest("leave from, to and timeframe out of the query: give start and end")
        query, buckets = verdict.canonical, verdict.buckets
        transforming = verdict.transforming
    _seen(call, wanted, await _buckets(logs, buckets))
    return Search(query, window.start, window.end, wanted.most, transforming)


async def _buckets(logs: Logs, named: frozenset[str]) -> set[str]:
    """Find the buckets that wildcards stand for; those that cannot be listed stay wildcards."""
    if not any("*" in name for name in named):
        return set(named)
    try:
        known = await logs.indexes()
    except Forbidden:  # a token may read logs without reading the list of buckets
        return set(named)
    return _indexes(named, known) or set(named)


async def _spl(call: Call[Upstream], wanted: Wanted) -> Search:
    splunk = call.upstream.sources.splunk(wanted.source, behalf(call))
    settings = call.upstream.sources.settings(wanted.source)
    lookups = settings.lookups if isinstance(settings, SplunkSettings) else ()
    text = _with_index(wanted.query, wanted.index)
    verdict = await _judged(splunk, text, frozenset(name.lower() for name in lookups))
    if not verdict.allowed:
        raise BadRequest(f"not run: {'; '.join(map(str, verdict.reasons[:3]))}")
    _timed(verdict, wanted.window)
    known = await splunk.indexes()
    named = _indexes(verdict.indexes, known)
    _seen(call, wanted, named)
    searchable = {each.name.lower() for each in known if each.searchable}
    if absent := sorted(named - searchable):
        raise BadRequest(
            f"index {', '.join(absent[:5])} is not there, or the credential of {wanted.source} may"
            f" not search it; there are: {', '.join(sorted(searchable)[:15])}"
        )
    if refused := await splunk.check(verdict.canonical):
        raise BadRequest(refused)
    await _afford(call, wanted, [each for each in known if each.name.lower() in named])
    window = wanted.window
    return Search(verdict.canonical, window.start, window.end, wanted.most, verdict.transforming)


def _with_index(query: str, index: str | None) -> str:
    """Put the index that was asked for in front of a search that names none."""
    text = query.strip()
    if not index or text.startswith("|"):
        return text
    if not _INDEX.fullmatch(index):
        raise BadRequest(f"{index[:40]!r} is no index name")
    if re.search(r"\bindex\s*(=|::|\bIN\b)", text, re.IGNORECASE):
        return text
    words = text.removeprefix("search ").strip()
    return f"search index={index} {words}"


async def _judged(splunk: Splunk, text: str, lookups: frozenset[str]) -> Verdict:
    """Judge; what it refers to is looked up, round by round, since the judge itself is pure."""
    macros: dict[str, Macro | None] = {}
    saved: dict[str, str | None] = {}
    verdict = Verdict(allowed=False)
    for _ in range(_ROUNDS):
        asked_macros: set[str] = set()
        asked_saved: set[str] = set()

        def macro(stanza: str, asked: set[str] = asked_macros) -> Macro | None:
            asked.add(stanza)
            return macros.get(stanza)

        def search(name: str, asked: set[str] = asked_saved) -> str | None:
            asked.add(name)
            return saved.get(name)

        verdict = judge(text, Rules(macros=macro, saved_searches=search, lookups=lookups))
        new_macros, new_saved = asked_macros - macros.keys(), asked_saved - saved.keys()
        if not new_macros and not new_saved:
            return verdict
        for stanza in list(new_macros)[:20]:
            macros[stanza] = await splunk.macro(stanza)
        for name in list(new_saved)[:20]:
            saved[name] = await splunk.saved_search(name)
    return verdict


def _timed(verdict: Verdict, window: Window) -> None:
    """Let a search narrow its own time within the range that was asked, never widen it."""
    for name, value in verdict.times:
        simple = _RELATIVE.fullmatch(value)
        back = 0
        if simple and value != "now":
            back = int(value[1:].partition("@")[0][:-1]) * _SECONDS[value.partition("@")[0][-1]]
        if not simple or back > window.seconds + 3_600 or name not in ("earliest", "latest"):
            raise BadRequest(
                f"leave {name}={value[:30]} out of the search: give start and end, which are"
                f" checked (now {times.ago(window.seconds)})"
            )


def _indexes(named: frozenset[str], known: Sequence[LogSource]) -> set[str]:
    """Find the indexes that names and wildcards stand for; `*` leaves internal ones out."""
    found: set[str] = set()
    for name in named:
        if "*" not in name:
            found.add(name)
            continue
        found |= {
            each.name.lower()
            for each in known
            if fnmatch.fnmatchcase(each.name.lower(), name)
            and (name.startswith("_") or not each.name.startswith("_"))
        }
    return found


def _seen(call: Call[Upstream], wanted: Wanted, named: set[str]) -> None:
    """Ask the policy for each index that the search may read."""
    call.facts["indexes"] = sorted(named)[:50]
    hidden = sorted(
        name
        for name in named
        if name != wanted.index and not call.sees("Index", name, ("Source", wanted.source))
    )
    if wanted.index is not None and named != {wanted.index}:
        raise BadRequest(
            f"the search names other indexes than index={wanted.index}; leave `index` out"
        )
    if hidden:
        rest = sorted(named - set(hidden))
        hint = f" You may search: {', '.join(rest[:10])}" if rest else ""
        raise Denied(
            f"{call.principal.subject} may not search index {', '.join(hidden[:5])} here.{hint}"
        )


async def _afford(call: Call[Upstream], wanted: Wanted, indexes: Sequence[LogSource]) -> None:
    """Estimate what is scanned from the indexes' sizes and ages, and refuse what is too much."""
    gigabytes = 0.0
    for each in indexes:
        age = max(each.latest - each.earliest, wanted.window.seconds, 1)
        gigabytes += each.megabytes / 1_000 * wanted.window.seconds / age
    guards = guarding(call, wanted.source)
    guards.check("scanned_gb", gigabytes, "Name fewer indexes, or ask for a shorter range")
    await call.upstream.budget.spend(call.principal.id, "scanned_gb", gigabytes, call.facts)
