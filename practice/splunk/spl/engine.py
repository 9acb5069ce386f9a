"""Makes a search ready and runs it; only the fields that were asked for come out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from practice.splunk.rows.store import dressed
from practice.splunk.spl import expression
from practice.splunk.spl.catalogue import COMMANDS
from practice.splunk.spl.commands import searching
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.criteria import wildcard
from practice.splunk.spl.pipeline import HELD, Command, Pipeline
from practice.splunk.spl.values import DEFAULTS, Malformed, Row

MAKING = {"eval", "rex", "rename", "bin", "bucket", "spath", "lookup", "streamstats", "eventstats"}
"""Commands that make fields, which are not hidden with those that were found in the text."""


@dataclass(frozen=True)
class Ready:
    """A search made ready; `events` tells whether its rows are still events."""

    pipeline: Pipeline
    context: Context
    stages: tuple[Stage, ...]
    events: bool
    kept: tuple[str, ...] | None

    def total(self) -> int:
        """Count the rows of the indexes that it reads, to tell how far it is."""
        first, scope = self.pipeline.commands[0], self.context
        if first.name != "search":
            return 0
        wanted = expression.read(HELD.sub("*", first.args), scope.now)
        indexes = scope.readable(wanted.indexes)
        return sum(index.count(scope.earliest, min(scope.latest, scope.now)) for index in indexes)

    def rows(self) -> Iterator[Row]:
        """Run it."""
        rows: Iterator[Row] = iter(())
        for stage in self.stages:
            rows = stage(rows)
        shown = (dressed(row, serial) for serial, row in enumerate(rows)) if self.events else rows
        return map(self._shown, shown) if self.kept is not None else shown

    def _shown(self, row: Row) -> Row:
        return {name: value for name, value in row.items() if self._keeps(name)}

    def _keeps(self, name: str) -> bool:
        kept = self.kept or ()
        if name in DEFAULTS or name in kept:
            return True
        return any("*" in each and wildcard(each).fullmatch(name) for each in kept)


def ready(
    context: Context, pipeline: Pipeline, *, extra: Sequence[str] = (), everything: bool = False
) -> Ready:
    """Make a search ready; `extra` fields come out as well, or everything that was found."""
    scope = _scoped(context, pipeline)
    stages = tuple(_stages(scope, pipeline))
    events = is_events(pipeline)
    # Splunk works out which fields a search needs: those of the text are left out of events.
    plain = events and not everything and not _chooses(pipeline)
    kept = (*extra, *_made(pipeline)) if plain else None
    return Ready(pipeline, scope, stages, events, kept)


def build(context: Context, pipeline: Pipeline) -> Stage:
    """Make a search inside another ready."""
    scope = _scoped(context, pipeline)
    stages = tuple(_stages(scope, pipeline))

    def run(rows: Iterator[Row]) -> Iterator[Row]:
        for stage in stages:
            rows = stage(rows)
        return rows

    return run


def is_events(pipeline: Pipeline) -> bool:
    """Tell whether what comes out are events and no report."""
    if pipeline.commands[0].name != "search":
        return False
    return all(COMMANDS[each.name].form != "report" for each in pipeline.commands)


def _scoped(context: Context, pipeline: Pipeline) -> Context:
    first = pipeline.commands[0]
    if first.name != "search":
        return context
    wanted = expression.read(HELD.sub("*", first.args), context.now)
    scope = context.between(wanted.earliest, wanted.latest)
    if wanted.earliest is not None or wanted.latest is not None:
        context.watch.say("INFO", "Your timerange was substituted based on your search string")
    if scope.earliest > scope.latest:
        raise Malformed("Invalid earliest_time: earliest_time must be before latest_time.")
    return scope


def _stages(context: Context, pipeline: Pipeline) -> Iterator[Stage]:
    for place, command in enumerate(pipeline.commands):
        kind = COMMANDS.get(command.name)
        if kind is None:
            raise Malformed(f"Unknown search command '{command.name}'.")
        if place and kind.form == "generating" and not _appends(command):
            said = "This command must be the first command of a search."
            raise Malformed(f"Error in '{command.name}' command: {said}")
        first = place == 0 and command.name == "search"
        yield searching.scan(context, command) if first else kind.build(context, command)


def _appends(command: Command) -> bool:
    return command.name == "inputlookup" and re.search(r"\bappend\s*=", command.args) is not None


def _chooses(pipeline: Pipeline) -> bool:
    """Tell whether the search says itself which fields come out."""
    return any(
        each.name == "fields" and not each.args.startswith("-") for each in pipeline.commands
    )


def _made(pipeline: Pipeline) -> Iterator[str]:
    for command in pipeline.commands:
        if command.name in MAKING:
            yield from re.findall(r"([A-Za-z_][\w.]*)\s*=(?!=)", command.args)
            yield from re.findall(r"\(\?P?<([A-Za-z_]\w*)>", command.args)
            yield from re.findall(r'\bas\s+"?([\w.*]+)', command.args, re.IGNORECASE)
        if command.name in {"spath", "lookup", "streamstats", "eventstats"}:
            yield "*"
