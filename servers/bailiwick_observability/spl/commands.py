"""Every command of SPL known to us, and what we let it do.

What is in no list here is an app's own command, and refused. Sorted by what a command can reach:
* PURE commands change only the rows that pass through them.
* READING ones fetch data from indexes or lookup tables; guard.py judges what they name.
* REFUSED ones, each with its reason and what to do instead.
"""

from collections.abc import Mapping


def listed(words: str) -> frozenset[str]:
    """Return the words of a list written with blanks."""
    return frozenset(words.split())


STATISTICS = listed(
    "chart contingency counttable rare sichart sirare sistats sitimechart sitop stats timechart "
    "timewrap top xyseries untable transpose table fieldsummary addcoltotals "
    "analyzefields af anomalousvalue arules associate correlate geostats"
)
"""Commands after which there are rows of a table, no events; `table` only shows some columns, but
what it shows is no event any more."""

_EVENTS = listed(
    # rows in, rows out
    "abstract excerpt accum addinfo addtotals anomalies anomalydetection autoregress bin bucket "
    "discretize bucketdir cluster slc cofilter concurrency convert dedup delta diff erex eval "
    "eventstats extract kv fieldformat fields filldown fillnull findkeywords folderize foreach "
    "format fromjson gauge head highlight hilite iconify iplocation join kmeans localize "
    "localop makecontinuous makemv multikv mvcombine mvexpand nomv outlier outlierfilter overlap "
    "predict rangemap regex relevancy reltime rename replace require return reverse rex rtorder "
    "selfjoin setfields sort spath strcat streamstats tags tail tojson transaction transam "
    "trendline typer uniq where x11 xmlkv xmlunescape xpath"
)
CONTINUED = frozenset({"appendpipe", "foreach"})
"""Commands whose brackets hold more commands for the same rows, not a search of their own."""
CONTAINERS = CONTINUED | {"append", "appendcols", "join", "union", "multisearch", "set"}
"""Commands whose brackets hold commands; everywhere else their outcome is put in as text."""
_SOURCES = frozenset({"makeresults", "gentimes"})

SEARCHING = frozenset({"search", "metasearch"})
CLAUSED = frozenset({"tstats", "mstats", "mcatalog"})
LISTING = frozenset({"metadata", "eventcount"})
REACHING = SEARCHING | CLAUSED | LISTING
"""Commands that read indexes, and have to say which."""
TABLES = frozenset({"lookup", "inputlookup"})
REFERRING = frozenset({"from", "datamodel", "pivot"})
"""Commands that read what somebody defined; judged by what they name."""

PURE = STATISTICS | _EVENTS | CONTAINERS | _SOURCES
ALLOWED = PURE | REACHING | TABLES | REFERRING | {"map"}
"""What rules allow where nothing else is said."""

GENERATING = REACHING | _SOURCES | REFERRING | {"inputlookup", "union", "multisearch", "set"}
"""Commands that may begin a search; a `search` behind one of them only filters."""
TABULAR = STATISTICS | _SOURCES | CLAUSED | LISTING | {"inputlookup"}

_NARROW = "search an index itself"
_KEEP = "leave it out, the results come back to you"
REASONS: Mapping[str, tuple[str, str]] = {
    "writes to an index or hides events": (
        "collect stash summaryindex sumindex mcollect meventcollect tscollect delete",
        _KEEP,
    ),
    "writes a file or a lookup table": (
        "outputlookup outputcsv outputtext outputraw dump createrss copyresults fit deletemodel",
        _KEEP,
    ),
    "sends data out of Splunk": (
        "sendemail sendalert sendmodalert outputtelemetry dbxoutput cefout curl webhook ai aiagent",
        _KEEP,
    ),
    "runs a program": (
        "script run runshellscript crawl input dispatch external",
        "use search commands only",
    ),
    "reads something else than an index": (
        "rest dbxquery dbxlookup inputcsv internalinputcsv inputintelligence file kvform scrub",
        _NARROW,
    ),
    "reads what other people searched or found": (
        "loadjob history audit prjob searchtxn savedsearch savedsplunk macro",
        _NARROW,
    ),
    "looks into indexes past their events": (
        "dbinspect walklex typeahead pretypeahead mpreview msearch surrounding litsearch",
        "use search, tstats or metadata",
    ),
    "steers how Splunk works": ("noop redistribute debug prestats remotetl", "leave it out"),
    "learns or applies a model kept on the server": (
        "apply summary listmodels typelearner findtypes",
        "use stats, predict or anomalydetection",
    ),
}
"""What a refused command does: the commands, and what to do instead."""

REFUSED: Mapping[str, str] = {
    name: f"{name} {does}: {instead}"
    for does, (names, instead) in REASONS.items()
    for name in names.split()
}


def refusal(name: str) -> str:
    """Say why a command is not allowed, and what to do instead."""
    if name in REFUSED:
        return REFUSED[name]
    if name in ALLOWED:
        return f"{name} is not among the commands allowed here: do without it"
    hint = ""
    if name in {"index", "source", "sourcetype", "host"}:
        hint = f"; begin the search with: search {name}=..."
    return f"{name} is no search command known to be safe: use Splunk's own commands{hint}"
