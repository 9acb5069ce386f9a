"""Commands that change something: each leaves a mark by which a test can tell that it ran."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from practice.splunk.rows.store import SERVER
from practice.splunk.spl.arguments import fields, options, whole
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.pipeline import Command, parse
from practice.splunk.spl.values import Malformed, Row, text

THROUGH = (
    *("collect", "dump", "mcollect", "meventcollect", "outputcsv", "outputtext", "runshellscript"),
    *("script", "sendalert", "sendemail", "tscollect", "crawl", "input", "dbxoutput"),
)
"""Commands that hand on the rows which they write elsewhere."""


def _mark(context: Context, command: Command, rows: int, *, done: bool = True) -> None:
    context.effects.record(
        user=context.user, command=command.name, args=command.raw, rows=rows, done=done
    )


def through(context: Context, command: Command) -> Stage:
    """Make a command ready that writes the rows elsewhere."""

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        kept = list(rows)
        _mark(context, command, len(kept))
        return iter(kept)

    return stage


def outputlookup(context: Context, command: Command) -> Stage:
    """Make a lookup of these rows ready."""
    names = fields(options(command.args, ("append", "create_empty", "override_if_empty"))[1])
    if not names:
        raise Malformed("Error in 'outputlookup' command: A lookup must be named.")

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        kept = list(rows)
        context.knowledge.lookups[names[0]] = kept
        _mark(context, command, len(kept))
        return iter(kept)

    return stage


def delete(context: Context, command: Command) -> Stage:
    """Make a deletion ready, which wants a capability that few have."""

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        may = "delete_by_keyword" in context.capabilities
        counts = Counter(text(row.get("index")) for row in rows) if may else Counter[str]()
        _mark(context, command, counts.total(), done=may)
        if not may:
            said = "You have insufficient privileges to delete events."
            raise Malformed(f"Error in 'delete' command: {said}")
        for index, count in {"__ALL__": counts.total(), **counts}.items():
            yield {"splunk_server": SERVER, "index": index, "deleted": count, "errors": 0}

    return stage


def map_(context: Context, command: Command) -> Stage:
    """Make a search for each row ready, which can hide anything."""
    chosen, rest = options(command.args, ("search", "maxsearches"))
    name = (fields(rest) or [""])[0]
    plain = chosen.get("search") or context.knowledge.searches.get(name, "")
    if not plain:
        raise Malformed("Error in 'map' command: Unable to find saved search.")
    most = whole(chosen, "maxsearches", 10, "map")

    def stage(rows: Iterator[Row]) -> Iterator[Row]:
        kept = list(islice(rows, most))
        _mark(context, command, len(kept))
        for row in kept:
            text_ = plain.replace('\\"', '"')
            for field, value in row.items():
                text_ = text_.replace(f"${field}$", text(value))
            yield from context.run(parse(text_, context.knowledge.macros))

    return stage


def reaching(context: Context, command: Command) -> Stage:
    """Make a command ready that asks another system."""

    def stage(_rows: Iterator[Row]) -> Iterator[Row]:
        _mark(context, command, 0)
        return iter(())

    return stage


BUILDS: dict[str, Callable[[Context, Command], Stage]] = {
    **dict.fromkeys(THROUGH, through),
    "outputlookup": outputlookup,
    "delete": delete,
    "map": map_,
    "dbxquery": reaching,
}
