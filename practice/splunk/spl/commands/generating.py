"""Commands that come first and make rows of their own."""

import re
from collections.abc import Iterator

from practice.splunk.rows import store
from practice.splunk.spl import aggregates, expression, moments
from practice.splunk.spl.arguments import fields, options, whole, yes
from practice.splunk.spl.commands.reporting import IGNORED, reported
from practice.splunk.spl.commands.searching import STEP
from practice.splunk.spl.commands.shaping import automatic
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.pipeline import Command, parse
from practice.splunk.spl.values import Malformed, Row, text

TSTATS = re.compile(
    r"(?P<what>.*?)(?:\bwhere\b(?P<where>.*?))?(?:\b(?:group)?by\b(?P<by>.*))?",
    re.IGNORECASE | re.DOTALL,
)
INDEXED = ("index", "host", "source", "sourcetype", "splunk_server", "_time")


def makeresults(context: Context, command: Command) -> Stage:
    """Make rows ready that have nothing but the time."""
    chosen, _ = options(command.args, ("count", "annotate", "splunk_server"))
    count = whole(chosen, "count", 1, "makeresults")
    return lambda _rows: ({"_time": context.now} for _ in range(count))


def _seen(context: Context, where: str) -> Iterator[Row]:
    wanted = expression.read(where, context.now)
    scope = context.between(wanted.earliest, wanted.latest)
    indexes = context.readable(wanted.indexes)
    could, until = wanted.criterion.could, min(scope.latest, context.now)
    for count, seen in enumerate(store.seen(indexes, scope.earliest, until, could)):
        if count % STEP == 0 and not context.watch.scan(0):
            return
        row: Row = {
            "_time": seen.moment,
            "index": seen.place.index,
            "host": seen.host,
            "source": seen.place.source,
            "sourcetype": seen.place.sourcetype,
            "splunk_server": store.SERVER,
        }
        if wanted.criterion.meets(row):
            context.watch.matched += 1
            yield row


def tstats(context: Context, command: Command) -> Stage:
    """Make a report on what is indexed ready, which reads no row."""
    chosen, rest = options(command.args, (*IGNORED, "span", "chunk_size", "allow_old_summaries"))
    found = TSTATS.fullmatch(rest)
    if not found or re.search(r"\bfrom\b", found["what"], re.IGNORECASE):
        raise Malformed("Error in 'tstats' command: The data model was not found.")
    what = aggregates.read(found["what"], context.clock, "tstats")
    by = [name for name in fields(found["by"] or "") if name != "span"]
    if unknown := [name for name in by if name not in INDEXED]:
        raise Malformed(f"Error in 'tstats' command: Invalid field '{unknown[0]}' in by clause.")
    where = found["where"] or ""
    expression.read(where, context.now)
    span = chosen.get("span")
    step = moments.seconds(span) if span else automatic(context.latest - max(0, context.earliest))

    def stage(_rows: Iterator[Row]) -> Iterator[Row]:
        seen = _seen(context, where)
        return reported((_stepped(row, step) for row in seen) if "_time" in by else seen, what, by)

    return stage


def _stepped(row: Row, step: float) -> Row:
    at = row["_time"]
    return {**row, "_time": at // step * step if isinstance(at, float) else at}


def metadata(context: Context, command: Command) -> Stage:
    """Make what is known of hosts, sources or sourcetypes ready."""
    chosen, _ = options(command.args, ("type", "index", "splunk_server", "datatype"))
    kind = chosen.get("type", "")
    if kind not in {"hosts", "sources", "sourcetypes"}:
        said = "Must specify a type argument to the metadata command"
        raise Malformed(f"Error in 'metadata' command: {said}.")

    def stage(_rows: Iterator[Row]) -> Iterator[Row]:
        named = f"index={chosen['index']}" if "index" in chosen else ""
        times: dict[str, list[float]] = {}
        for row in _seen(context, named):
            at = row["_time"]
            if isinstance(at, float):
                kept = times.setdefault(text(row[kind[:-1]]), [0, at, at])
                kept[0] += 1
                kept[1] = at
        for name in sorted(times):
            count, first, last = times[name]
            yield {
                "firstTime": int(first),
                "lastTime": int(last),
                "recentTime": int(last) + 1,
                "totalCount": int(count),
                "type": kind,
                kind[:-1]: name,
            }

    return stage


def eventcount(context: Context, command: Command) -> Stage:
    """Make the number of events of indexes ready."""
    chosen, _ = options(command.args, ("summarize", "index", "report_size", "list_vix"))
    indexes = context.readable([chosen.get("index", "*")])
    counts = {index.name: index.count(0, context.now) for index in indexes}
    if yes(chosen, "summarize", otherwise=True):
        total: Row = {"count": sum(counts.values())}
        return lambda _rows: iter([total])
    return lambda _rows: (
        {"count": count, "index": name, "server": store.SERVER} for name, count in counts.items()
    )


def inputlookup(context: Context, command: Command) -> Stage:
    """Make the rows of a lookup ready."""
    chosen, rest = options(command.args, ("append", "start", "max", "strict"))
    name, _, where = rest.partition(" ")
    found = context.knowledge.lookups.get(name.strip('"'))
    if found is None:
        raise Malformed(
            f"Error in 'inputlookup' command: External command based lookup '{name}' "
            "is not available because KV Store initialization has not completed yet."
            if not name
            else f"Error in 'inputlookup' command: The lookup table '{name}' is invalid."
        )
    condition = re.sub(r"^\s*where\b", "", where, flags=re.IGNORECASE)
    meets = expression.read(condition, context.now).criterion.meets
    most = whole(chosen, "max", 1_000_000, "inputlookup")
    return lambda _rows: (row for row in found[:most] if meets(row))


def rest(context: Context, command: Command) -> Stage:
    """Make what an endpoint lists ready."""
    words = fields(options(command.args, ("count", "splunk_server", "timeout", "strict"))[1])
    if not words:
        raise Malformed("Error in 'rest' command: Must specify a REST URI.")

    def stage(_rows: Iterator[Row]) -> Iterator[Row]:
        context.effects.record(user=context.user, command="rest", args=words[0], rows=0, done=True)
        return iter(context.rest(context.user, words[0]))

    return stage


def savedsearch(context: Context, command: Command) -> Stage:
    """Make a saved search ready."""
    name = (fields(command.args) or [""])[0]
    found = context.knowledge.searches.get(name)
    if found is None:
        said = f"Unable to find saved search named '{name}'"
        raise Malformed(f"Error in 'savedsearch' command: {said}.")
    return context.build(context, parse(found, context.knowledge.macros))
