"""Summaries of what bounds workloads: autoscalers, disruption budgets, quotas, limits. Pure."""

from collections.abc import Iterator
from typing import Any

from bailiwick.wording import many
from bailiwick_cluster.describing import about
from bailiwick_cluster.describing.around import Around
from bailiwick_cluster.describing.lines import Lines, conditions, value
from bailiwick_cluster.describing.nodes import limits, quotas
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.selecting import written


def autoscaler(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a HorizontalPodAutoscaler."""
    about.head(lines, around, found)
    spec, status = mapping(found, "spec"), mapping(found, "status")
    target = mapping(spec, "scaleTargetRef")
    kind, own = text(target, "kind"), text(target, "name")
    gone = " (MISSING)" if around.standing(kind, own) == "MISSING" else ""
    least, most = number(spec, "minReplicas", default=1), number(spec, "maxReplicas")
    now, wants = number(status, "currentReplicas"), number(status, "desiredReplicas")
    lines.add("scales", f"{kind} {own}{gone}")
    lines.add("replicas", f"{least} to {most} allowed", f"{now} now", f"{wants} wanted")
    lines.add("last scaled", lines.ago(text(status, "lastScaleTime")) or "never")
    lines.under("metrics", _metrics(found))
    conditions(found, lines, ("AbleToScale", "ScalingActive"))
    at_most = ", at its maximum" if now >= most and wants >= most and most else ""
    return f"{now} replicas now, {wants} wanted of {least} to {most}{at_most}"


def _metrics(found: Any) -> Iterator[str]:
    current = listing(found, "status", "currentMetrics")
    for wanted in listing(found, "spec", "metrics"):
        kind, what = _about(wanted)
        now = next((each for each in current if _about(each) == (kind, what)), None)
        holder = kind[:1].lower() + kind[1:]
        told = _value(mapping(now, holder, "current")) or "unknown"
        yield f"{kind} {what}: {told} of {_value(mapping(wanted, holder, 'target'))}"


def _about(metric: Any) -> tuple[str, str]:
    kind = text(metric, "type")
    holder = mapping(metric, kind[:1].lower() + kind[1:])
    return kind, text(holder, "name") or text(holder, "metric", "name")


def _value(amount: Any) -> str:
    share = value(amount, "averageUtilization")
    return f"{share} %" if share else value(amount, "averageValue") or value(amount, "value")


def budget(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a PodDisruptionBudget."""
    about.head(lines, around, found)
    spec, status = mapping(found, "spec"), mapping(found, "status")
    least, most = value(spec, "minAvailable"), value(spec, "maxUnavailable")
    lines.add("keeps", f"at least {least}" if least else "", f"at most {most} away" if most else "")
    lines.add("chooses", written(mapping(spec, "selector")) or "every pod of the namespace")
    healthy, wanted = number(status, "currentHealthy"), number(status, "desiredHealthy")
    lines.add("healthy", f"{healthy} of {number(status, 'expectedPods')}", f"{wanted} needed")
    conditions(found, lines, ("DisruptionAllowed",))
    about.pods(lines, around)
    allowed = number(status, "disruptionsAllowed")
    blocks = "" if allowed else ", so a drain waits"
    return f"{many(allowed, 'disruption')} allowed now{blocks} ({healthy} healthy, {wanted} needed)"


def quota(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a ResourceQuota."""
    about.head(lines, around, found)
    lines.under("used", quotas(found), 30)
    return ""


def limit_range(found: Any, around: Around, lines: Lines) -> str:
    """Write the summary of a LimitRange."""
    about.head(lines, around, found)
    lines.under("sets", limits(found), 30)
    return ""
