"""The commands of DQL: which there are, which may be used, and where they read."""

SOURCES = frozenset(
    {"fetch", "timeseries", "metrics", "describe", "smartscapenodes", "smartscapeedges"}
)
"""Begin a pipeline, and only stand there."""
ALLOWED = SOURCES | {
    *("filter", "filterout", "search", "dedup", "sort", "limit"),
    *("fields", "fieldsadd", "fieldskeep", "fieldsremove", "fieldsrename", "fieldsflatten"),
    *("fieldssummary", "summarize", "maketimeseries", "parse", "expand", "traverse"),
    *("lookup", "join", "joinnested", "append"),
}
"""In lower case."""
REFUSED = {
    "load": "files of lookup data stand outside the buckets' permissions",
    "data": "it makes rows up, and an answer shows only what is stored",
    "fieldssnapshot": "it is not known to be safe",
}
"""Known and refused, with the reason."""
KNOWN = ALLOWED | frozenset(REFUSED)
TABULAR = frozenset(
    {"summarize", "maketimeseries", "timeseries", "metrics", "describe", "fieldssummary"}
)
"""Their rows are no events any more."""
PASSING = frozenset({"filter", "filterout", "search"})
"""Leave every row as it is stored, so that a field still is what Grail wrote into it."""
READS = {
    "timeseries": "metrics",
    "metrics": "metrics",
    "smartscapenodes": "smartscape",
    "smartscapeedges": "smartscape",
    "traverse": "smartscape",
}
"""What a command reads without naming a table."""
TABLES = frozenset(
    {
        *("logs", "events", "spans", "metrics", "smartscape"),
        *("dt.davis.problems", "dt.davis.events", "dt.entity.*"),
    }
)
"""Tables that may be read where nothing else is configured. Business events, users' sessions,
security findings and the system's own tables hold more than what operators need to see."""
OPTIONS = {
    "fetch": frozenset({"from", "to", "timeframe", "samplingratio", "bucket"}),
}
"""Options by command, where only these are taken."""
TIMES = frozenset({"from", "to", "timeframe"})
LIMITED = "scanlimitgbytes"
"""Would lift the limit that is set for every query from outside."""
