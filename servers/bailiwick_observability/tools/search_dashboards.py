"""`search_dashboards`: which dashboards there are about something."""

from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.parameters import Limit, Source, Text

Tags = Annotated[list[str] | None, Field(description="With all of these tags.", max_length=10)]


@tool(risk=Risk.READ, seconds=20, budget=4_000)
async def search_dashboards(
    call: Call[Upstream], source: Source, text: Text = "", tags: Tags = None, limit: Limit = 20
) -> Answer:
    """Find dashboards (Grafana) by title or tag. Next: read_dashboard with the uid."""
    boards = call.upstream.sources.dashboards(source, behalf(call))
    found = await boards.search(text, tags or (), limit)
    more = len(found) > limit
    rows = [(each.title, each.uid, each.folder, ",".join(each.tags)) for each in found[:limit]]
    what = f" for {text!r}" if text else ""
    count = f"{limit}+" if more else str(len(found))
    return Answer(
        f"{count} dashboards{what}" + ("; narrow with `text` or `tags`" if more else ""),
        Table(("TITLE", "UID", "FOLDER", "TAGS"), rows, "dashboards") if rows else None,
        link=boards.link(found[0].uid) if len(found) == 1 else "",
    )
