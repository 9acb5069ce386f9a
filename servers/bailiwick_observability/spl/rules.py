"""What a search is judged by, and what the judgement says."""

from dataclasses import dataclass

from bailiwick_observability.judgement import Reason
from bailiwick_observability.spl.commands import ALLOWED
from bailiwick_observability.spl.macros import Macro, Macros
from bailiwick_observability.spl.resolution import Saved

__all__ = ["Reason", "Rules", "Verdict"]


def no_macro(_stanza: str) -> Macro | None:
    """Know no macro."""
    return None


def no_saved(_name: str) -> str | None:
    """Know no saved search."""
    return None


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed; every default is the narrow choice."""

    commands: frozenset[str] = ALLOWED
    """In lower case; see commands.py for what each can reach."""
    macros: Macros = no_macro
    saved_searches: Saved = no_saved
    lookups: frozenset[str] | None = None
    """Lookup tables that may be read, in lower case; None for all but those that ask the network.
    Tables stand outside the indexes' permissions: name them where that matters."""
    need_index: bool = True
    """Every search for data names an index on each of its ways, and not only `*` or `_*`."""
    outside_times: bool = True
    """A time range is given beside the search; without one, each search must say `earliest`."""
    allow_event_types: bool = False
    """`eventtype=` and `tag=` stand for searches that are not known here."""
    allow_datamodels: bool = False
    """Data models read indexes that are not known here; `indexes` does not name them."""
    most_characters: int = 20_000
    """Of the search, and of it with its macros put in."""
    most_depth: int = 8
    """How deep brackets, macros, and searches inside searches each may nest."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one search. Run `canonical` and nothing else: it is what was judged."""

    allowed: bool
    reasons: tuple[Reason, ...] = ()
    indexes: frozenset[str] = frozenset()
    """Every index named anywhere, in lower case, wildcards as written; with `*` where a search may
    look into an index it does not name. Check all of them."""
    unbounded_index: bool = False
    """A search for data, here or in brackets, names no index on some way, or only `*` or `_*`."""
    times: tuple[tuple[str, str], ...] = ()
    """Time modifiers in order, (`earliest`, `-24h`); check each, they override any range given
    beside the search."""
    lookups: frozenset[str] = frozenset()
    """Lookup tables read, in lower case."""
    canonical: str = ""
    """The search without comments, with macros and saved searches put in; empty when refused."""
    transforming: bool = False
    """The results are rows of a table, not events."""
