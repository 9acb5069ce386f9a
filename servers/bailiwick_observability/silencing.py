"""Silences before they are made: what one would mute now, and what it would have muted lately."""

from collections.abc import Sequence
from dataclasses import dataclass

from bailiwick.errors import BadRequest, BailiwickError
from bailiwick.tool import Call
from bailiwick.wording import many
from bailiwick_observability import times
from bailiwick_observability.asking import Upstream, behalf, prometheus
from bailiwick_observability.matching import fits
from bailiwick_observability.models.alerts import Alert, Matcher
from bailiwick_observability.models.metrics import Labels
from bailiwick_observability.naming import safe
from bailiwick_observability.settings import AlertmanagerSettings, PrometheusSettings

_LATELY = 7 * 86_400
_FEW = 5
"""Firing alerts up to which a share says nothing."""
_PROBES = ("zq", "ZQ", "97", "zqzqzqzq", "9zq-zq9", "zq9.zq-z:9090", "https://zq/9_Z", "Zq zq µ")
"""Values that nobody has; a pattern that fits one says nothing about what it wants."""
_OURS = frozenset({"__name__", "alertstate", "alertname"})


@dataclass(frozen=True, slots=True)
class Preview:
    """What a silence would mute. `past` has alert name, labels, and for how many minutes."""

    now: Sequence[Alert]
    firing: int
    past: Sequence[tuple[str, Labels, float]]
    not_seen: str = ""

    @property
    def share(self) -> float:
        """Which share of what fires unheard-of today it would mute."""
        return len(self.now) / self.firing if self.firing else 0.0


async def preview(
    call: Call[Upstream], source: str, wanted: Sequence[Matcher], *, past: bool = True
) -> Preview:
    """Look what fires now, and at the history of alerts in the metrics sources before it."""
    sources = call.upstream.sources
    alerts = await sources.alertmanager(source, behalf(call)).alerts()
    heard = [alert for alert in alerts if alert.state == "firing"]
    muted = [alert for alert in heard if fits(alert.labels, wanted)]
    if not past:
        return Preview(muted, len(heard), ())
    found: list[tuple[str, Labels, float]] = []
    not_seen = "no metrics source is known for this Alertmanager, so the past was not looked at"
    for name in _before(call, source):
        try:
            found += await _past(call, name, wanted)
            not_seen = ""
        except BailiwickError as error:
            not_seen = f"the past was not looked at: {error}"
    return Preview(muted, len(heard), sorted(found, key=lambda one: -one[2]), not_seen)


def _before(call: Call[Upstream], source: str) -> list[str]:
    """Name the metrics sources whose alerts go to this Alertmanager."""
    sources = call.upstream.sources
    found: list[str] = []
    for name in sources.names("prometheus"):
        settings = sources.settings(name)
        if isinstance(settings, PrometheusSettings) and settings.alertmanager == source:
            found.append(name)
    return [name for name in found if call.sees("Source", name)]


async def _past(
    call: Call[Upstream], name: str, wanted: Sequence[Matcher]
) -> list[tuple[str, Labels, float]]:
    """Count the minutes for which matching alerts fired in the last seven days."""
    store = prometheus(call, name, "Silence less: add a matcher")
    inner = ",".join(['alertstate="firing"', *map(str, wanted)])
    query = f"count_over_time(max without (prometheus) (ALERTS{{{inner}}})[7d:5m])"
    answer = await store.instant(query, call.upstream.clock())
    return [
        (
            series.labels.get("alertname", "?"),
            {n: v for n, v in series.labels.items() if n not in _OURS},
            series.points[-1][1] * 5,
        )
        for series in answer.series
        if series.points
    ]


def refuse_broad(wanted: Sequence[Matcher], seconds: float, settings: AlertmanagerSettings) -> None:
    """Refuse a silence that says too little, or lasts too long."""
    if seconds > settings.silence_hours * 3_600:
        raise BadRequest(
            f"a silence of {times.ago(seconds)} is longer than the {settings.silence_hours:g} h"
            " allowed; make it shorter, it can be renewed"
        )
    if seconds < 60:
        raise BadRequest("a silence of less than a minute mutes nothing")
    exact = [m for m in wanted if m.equal and not m.regex and m.value and m.name != "severity"]
    telling = [m for m in wanted if m.equal and m.value and not _anything(m)]
    if not exact and len(telling) < 2:
        raise BadRequest(
            "too broad: a silence needs one exact matcher (alertname=X), or two that each exclude"
            " something"
        )


def _anything(matcher: Matcher) -> bool:
    """Tell a matcher that takes every value there may be, as `.+` does, or a missing label."""
    return any(fits({matcher.name: value}, [matcher]) for value in ("", *_PROBES))


def refuse_share(found: Preview, settings: AlertmanagerSettings) -> None:
    """Refuse a silence that would mute too much of what fires."""
    if found.firing >= _FEW and found.share > settings.silence_share:
        raise BadRequest(
            f"too broad: it would mute {len(found.now)} of {found.firing} firing alerts, and at"
            f" most {settings.silence_share:.0%} are allowed; add a matcher"
        )


def settings_of(call: Call[Upstream], source: str) -> AlertmanagerSettings:
    """Return the settings of an Alertmanager, or raise BadRequest."""
    settings = call.upstream.sources.settings(source)
    if isinstance(settings, AlertmanagerSettings):
        return settings
    known = ", ".join(call.upstream.sources.names("alertmanager")) or "none"
    raise BadRequest(f"source {source!r} has no silences; these do: {known}")


def told(found: Preview) -> str:
    """Say in one line what a silence would mute."""
    names = sorted({safe(alert.name) for alert in found.now})
    said = f"mutes {len(found.now)} of {many(found.firing, 'firing alert')} now"
    said += f" ({', '.join(names[:4])}{', …' if len(names) > 4 else ''})" if names else ""
    past = {name for name, _, _ in found.past}
    lately = f"{many(len(found.past), 'alert')} of {many(len(past), 'rule')}"
    return f"{said}, and {lately} in the last 7 days"
