"""DQL, Dynatrace's query language: built from typed parts, and judged when a caller wrote it."""

from bailiwick_observability.dql.build import Dql
from bailiwick_observability.dql.guard import judge
from bailiwick_observability.dql.rules import Reason, Rules, Verdict

__all__ = ["Dql", "Reason", "Rules", "Verdict", "judge"]
