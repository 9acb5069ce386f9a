"""Every command that the double knows, and what kind it is."""

from collections.abc import Callable
from dataclasses import dataclass

from practice.splunk.spl.commands import (
    charting,
    effects,
    generating,
    joining,
    reporting,
    searching,
    shaping,
)
from practice.splunk.spl.context import Context, Stage
from practice.splunk.spl.pipeline import Command

Build = Callable[[Context, Command], Stage]


@dataclass(frozen=True)
class Kind:
    """How a command is made ready, and where it runs: streaming, generating, events or report."""

    build: Build
    form: str

    @property
    def stream(self) -> str:
        """Name its kind as the parser endpoint does."""
        return {"report": "SP_STREAMREPORT", "events": "SP_EVENTS"}.get(self.form, "SP_STREAM")

    @property
    def place(self) -> str:
        """Name the part of the pipeline that it runs in, as the parser endpoint does."""
        return "report" if self.form in {"report", "events"} else "streaming"


STREAMING: dict[str, Build] = {
    "search": searching.search,
    "where": searching.where,
    "regex": searching.regex,
    "eval": shaping.evaluate,
    "rex": shaping.rex,
    "fields": shaping.keep,
    "rename": shaping.rename,
    "bin": shaping.bins,
    "bucket": shaping.bins,
    "fillnull": shaping.fillnull,
    "mvexpand": shaping.mvexpand,
    "spath": shaping.spath,
    "lookup": joining.lookup,
    "streamstats": reporting.streamstats,
    "head": searching.head,
    "tail": searching.tail,
    "dedup": searching.dedup,
    "reverse": searching.reverse,
}
EVENTS: dict[str, Build] = {
    "sort": searching.sort,
    "eventstats": reporting.eventstats,
    "append": joining.append,
    "appendcols": joining.appendcols,
    "join": joining.join,
}
REPORT: dict[str, Build] = {
    "table": shaping.table,
    "stats": reporting.stats,
    "top": reporting.ranking(rarest=False),
    "rare": reporting.ranking(rarest=True),
    "fieldsummary": reporting.fieldsummary,
    "timechart": charting.timechart,
    "chart": charting.chart,
    "format": joining.format_,
    "return": joining.return_,
    **effects.BUILDS,
}
GENERATING: dict[str, Build] = {
    "makeresults": generating.makeresults,
    "tstats": generating.tstats,
    "metadata": generating.metadata,
    "eventcount": generating.eventcount,
    "inputlookup": generating.inputlookup,
    "rest": generating.rest,
    "savedsearch": generating.savedsearch,
}
COMMANDS: dict[str, Kind] = {
    name: Kind(build, form)
    for form, builds in {
        "streaming": STREAMING,
        "events": EVENTS,
        "report": REPORT,
        "generating": GENERATING,
    }.items()
    for name, build in builds.items()
}
