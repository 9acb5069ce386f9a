"""Parameter types shared by the observability tools; each says what it names to the policy."""

from typing import Annotated

from pydantic import Field

from bailiwick.tool import Scope

DASHBOARD = r"^[A-Za-z0-9_-]{1,80}$"
"""A dashboard's uid."""
NAME = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"

Source = Annotated[
    str, Field(description="Source, from list_sources.", pattern=NAME), Scope("Source")
]
AnySource = Annotated[
    str | None, Field(description="Leave out for all.", pattern=NAME), Scope("Source")
]
Promql = Annotated[
    str,
    Field(description="PromQL; for Dynatrace a metric selector.", max_length=8_000, min_length=1),
]
Start = Annotated[str, Field(description="-6h, or ISO time.", max_length=40)]
End = Annotated[str, Field(description="Default now.", max_length=40)]
Limit = Annotated[int, Field(description="Rows.", ge=1, le=200)]
Text = Annotated[str, Field(description="Part of a name.", max_length=200)]
Cursor = Annotated[str, Field(description="`next` of an earlier answer.", max_length=6_000)]
DryRun = Annotated[bool, Field(description="Only say what would happen; false to do it.")]
Matchers = Annotated[
    list[str],
    Field(description='As amtool: ["alertname=X", "pod=~web-.*"].', min_length=1, max_length=20),
]
Dashboard = Annotated[str, Field(description="uid, from search_dashboards.", pattern=DASHBOARD)]
PanelId = Annotated[int, Field(description="Panel id.", ge=0, le=1_000_000)]
Variables = Annotated[
    dict[str, str] | None,
    Field(description="Values: {region: eu}.", max_length=20),
]
AnyIndex = Annotated[
    str | None,
    Field(
        description="Index or bucket; leave out if the query names it.",
        pattern=r"^[a-z0-9_][a-z0-9_-]{0,79}$",
    ),
    Scope("Index"),
]
Length = Annotated[str, Field(description="How long: 2h.", max_length=20)]
Problem = Annotated[
    str, Field(description="Problem, e.g. P-2611042.", pattern=r"^[A-Za-z0-9_-]{1,100}$")
]
