"""The journal: what was asked, by whom, judged how, and what came of it.

`record` and `chain` say what a line is, `stream` where it stands, `writer` how it gets there;
`orphans` closes what a dead process left; `reader`, `verify`, `checkpoint` and `export` look at it,
and are not imported with the rest: a server only writes.
"""

from bailiwick.audit.buckets import Buckets
from bailiwick.audit.digest import digest
from bailiwick.audit.journal import Journal
from bailiwick.audit.key import KeyRefused, load_or_create_key
from bailiwick.audit.record import JSON, Entry
from bailiwick.audit.stream import Clock, Settings
from bailiwick.audit.writer import Writer, open_writer
from bailiwick.errors import Unrecorded

__all__ = [
    "JSON",
    "Buckets",
    "Clock",
    "Entry",
    "Journal",
    "KeyRefused",
    "Settings",
    "Unrecorded",
    "Writer",
    "digest",
    "load_or_create_key",
    "open_writer",
]
