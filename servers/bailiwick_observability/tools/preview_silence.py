"""`preview_silence`: what a silence would mute, before anybody makes it."""

from collections.abc import Callable

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Table
from bailiwick.tool import Call, tool
from bailiwick_observability import naming, times
from bailiwick_observability.asking import Upstream, behalf
from bailiwick_observability.matching import matchers
from bailiwick_observability.parameters import Length, Limit, Matchers, Source
from bailiwick_observability.silencing import preview, refuse_broad, refuse_share, settings_of, told


@tool(risk=Risk.READ, seconds=30, budget=4_000)
async def preview_silence(
    call: Call[Upstream],
    source: Source,
    matching: Matchers,
    duration: Length = "2h",
    limit: Limit = 10,
) -> Answer:
    """Preview a silence: alerts it mutes now, and those of the last 7 days it would have."""
    now = call.upstream.clock()
    settings = settings_of(call, source)
    wanted = matchers(matching)
    found = await preview(call, source, wanted)
    verdict = "would be allowed"
    problems = [
        str(error)
        for error in (
            _refused(lambda: refuse_broad(wanted, times.duration(duration), settings)),
            _refused(lambda: refuse_share(found, settings)),
        )
        if error
    ]
    if problems:
        verdict = "would be refused: " + "; ".join(problems)
    rows = [
        (
            "now",
            alert.name,
            naming.short(alert.labels, {"alertname": ""}),
            times.ago(now - alert.since),
        )
        for alert in found.now
    ]
    rows += [
        ("last 7 d", name, naming.short(labels), times.ago(minutes * 60))
        for name, labels, minutes in found.past
    ]
    return Answer(
        f"{told(found)}; {verdict}",
        Table(("WHEN", "ALERT", "LABELS", "FIRED FOR"), rows[:limit], "alerts") if rows else None,
        total=len(rows) if len(rows) > limit else None,
        notes=(found.not_seen,) if found.not_seen else (),
        link=call.upstream.sources.alertmanager(source, behalf(call)).link(wanted),
    )


def _refused(look: Callable[[], None]) -> BadRequest | None:
    try:
        look()
    except BadRequest as error:
        return error
    return None
