"""What a query is judged by, and what the judgement says."""

from dataclasses import dataclass

from bailiwick_observability.dql.commands import ALLOWED, TABLES
from bailiwick_observability.judgement import Reason

__all__ = ["Reason", "Rules", "Verdict"]


@dataclass(frozen=True, slots=True)
class Rules:
    """What is allowed; every default is the narrow choice."""

    commands: frozenset[str] = ALLOWED
    """In lower case."""
    tables: frozenset[str] = TABLES
    """A `*` at the end stands for any rest."""
    need_bucket: bool = False
    """Every `fetch` names its buckets; without it, an unnamed one counts as `*` in `buckets`."""
    most_characters: int = 20_000
    most_depth: int = 8
    """How deep pipelines in brackets may nest."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one query. Run `canonical` and nothing else: it is what was judged."""

    allowed: bool
    reasons: tuple[Reason, ...] = ()
    tables: frozenset[str] = frozenset()
    """Every table that is read anywhere."""
    buckets: frozenset[str] = frozenset()
    """Buckets named, wildcards as written; with `*` where a `fetch` names none. Check them all."""
    times: tuple[tuple[str, str], ...] = ()
    """Times written in the query, (`from`, `-24h`): they override the range given beside it. Read
    them with `times.span`, and refuse what that cannot read."""
    canonical: str = ""
    """The query without comments; empty when refused."""
    transforming: bool = False
    """The results are rows of a table, not events."""
