"""What searches refer to by name: macros, some hiding a deletion, saved searches and lookups."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from practice.incident import CULPRIT, OTHERS, SERVICES
from practice.splunk.spl.context import Knowledge
from practice.splunk.spl.pipeline import Macro
from practice.splunk.spl.values import Row

MACROS: Mapping[str, Macro] = {
    "shop": Macro("index=shop"),
    "errors_of(1)": Macro('index=shop service="$service$" level=ERROR', ("service",)),
    "by_minute": Macro("timechart span=1m count"),
    "tidy_up": Macro("search index=shop | delete"),
    "sweep": Macro("| delete"),
    "nested": Macro("`shop` level=ERROR `sweep`"),
    "keep_copy(1)": Macro("| collect index=$where$", ("where",)),
}


@dataclass(frozen=True)
class Saved:
    """A saved search: whose it is, when it runs by itself, and over which time."""

    search: str
    description: str
    owner: str = "nobody"
    earliest: str = "-24h"
    latest: str = "now"
    cron: str = ""
    actions: Mapping[str, str] = field(default_factory=dict[str, str])


SEARCHES: Mapping[str, Saved] = {
    "Checkout errors by version": Saved(
        f"search index=shop service={CULPRIT} level=ERROR | stats count by version",
        "How many requests of checkout failed, by release",
        earliest="-3h",
    ),
    "Slow requests of the shop": Saved(
        "search index=shop | stats p95(duration_ms) as p95 by service | sort -p95",
        "The 95th percentile of each service",
        earliest="-1h",
        cron="*/5 * * * *",
    ),
    "Nightly clean-up": Saved(
        "search index=shop level=DEBUG | delete",
        "Deletes what should not have been logged",
        owner="bo",
        cron="0 3 * * *",
    ),
    "Mail the error count": Saved(
        'search index=shop level=ERROR | stats count | sendemail to="ana@practice.example"',
        "Sends mail each time it is run",
        owner="ana",
        actions={"email.to": "ana@practice.example"},
    ),
    "Errors by macro": Saved("search `errors_of(checkout)` | head 20", "Uses a macro"),
}


def lookups() -> dict[str, list[Row]]:
    """Give the lookups anew, as a search may overwrite them."""
    teams = {name: "shop-core" if name == CULPRIT else "shop-front" for name in SERVICES}
    banks = dict.fromkeys(OTHERS["bank"], "bank-core")
    owners: list[Row] = [
        {"service": name, "team": team, "tier": "1" if name == CULPRIT else "2"}
        for name, team in {**teams, **banks}.items()
    ]
    return {"owners.csv": owners, "owners": owners}


def knowledge() -> Knowledge:
    """Give all of it as a search sees it."""
    searches = {name: saved.search for name, saved in SEARCHES.items()}
    return Knowledge(dict(MACROS), searches, lookups())
