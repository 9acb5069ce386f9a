"""Who may ask, and what: tokens with scopes, all of them worthless elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

READ = frozenset(
    {
        *("problems.read", "entities.read", "metrics.read", "events.read", "slo.read"),
        *("logs.read", "DataExport"),
    }
)
GRAIL = frozenset(
    {
        *("storage:buckets:read", "storage:logs:read", "storage:events:read"),
        *("storage:entities:read", "storage:metrics:read", "storage:system:read"),
    }
)
TITLES: Mapping[str, str] = {
    "problems.read": "Read problems",
    "problems.write": "Write problems",
    "entities.read": "Read entities",
    "metrics.read": "Read metrics",
    "events.read": "Read events",
    "slo.read": "Read SLO",
    "logs.read": "Read logs",
    "DataExport": "Access problem and event feed, metrics, and topology",
}
ALL_BUCKETS = frozenset({"*"})


@dataclass(frozen=True)
class Account:
    """A token and what it may; `buckets` are those whose rows it sees."""

    name: str
    token: str
    scopes: frozenset[str]
    buckets: frozenset[str] = ALL_BUCKETS


def _token(kind: str, name: str) -> str:
    """Make a token of the documented form whose parts say that it is none."""
    return f"{kind}.PRACTICE{name.upper():A<16.16}.{'A2' * 32}"


ACCOUNTS = {
    each.name: each
    for each in (
        Account("operator", _token("dt0c01", "operator"), READ | {"problems.write"}),
        Account("reader", _token("dt0c01", "reader"), READ),
        Account("problems", _token("dt0c01", "problems"), frozenset({"problems.read"})),
        Account("platform", _token("dt0s16", "platform"), GRAIL),
        Account("shop", _token("dt0s16", "shop"), GRAIL, frozenset({"default_logs"})),
        Account("events", _token("dt0s16", "events"), GRAIL - {"storage:logs:read"}),
    )
}
API, PLATFORM = ACCOUNTS["operator"], ACCOUNTS["platform"]
"""What Bailiwick is given."""


def whose(authorization: str, *, platform: bool) -> Account | None:
    """Find the account of an `Authorization` header; Grail takes no `Api-Token`."""
    scheme, _, token = authorization.partition(" ")
    if scheme not in (("Bearer",) if platform else ("Api-Token", "Bearer")):
        return None
    return next((each for each in ACCOUNTS.values() if each.token == token.strip()), None)
