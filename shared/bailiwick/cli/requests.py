"""Approval requests in print. The effect comes first: it is ours, everything else was asked for."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from bailiwick.approval.request import Request, State
from bailiwick.cli.terminal import field, moment, span, table
from bailiwick.policy.question import Approval
from bailiwick.shaping.fence import inline

_NEEDS = {
    Approval.NONE: "nobody",
    Approval.CONFIRMED: "the caller's own confirmation",
    Approval.SECOND_PERSON: "another person",
}
_HEAD = ("ID", "STATE", "AGE", "LEFT", "NEEDS", "TOOL", "ASKED BY", "EFFECT")


def listed(requests: Iterable[Request], now: datetime) -> str:
    """Write a table, in the order given."""
    return table(_HEAD, [_row(request, now) for request in requests])


def _row(request: Request, now: datetime) -> tuple[str, ...]:
    usable = request.state in (State.OPEN, State.APPROVED)
    return (
        request.id,
        request.state.value,
        span(now - request.created),
        span(request.expires - now) if usable else "-",
        request.needs.value,
        request.asked.tool,
        request.by,
        request.effect,
    )


def briefly(request: Request) -> str:
    """Write what somebody is about to agree to."""
    return "\n".join([field("would do", request.effect), *_asked(request)])


def decided(request: Request) -> str:
    """Say what became of a request."""
    by = inline(request.verdict.by) if request.verdict else "nobody"
    until = f", once, until {moment(request.expires)}" if request.state is State.APPROVED else ""
    return f"{request.id} is {request.state} by {by}{until}"


def shown(request: Request, approvers: Sequence[str], now: datetime) -> str:
    """Write everything about one request. `approvers` is what the policy says now."""
    left = f" ({span(request.expires - now)} left)" if request.expires > now else ""
    lines = [
        field("would do", request.effect),
        *_asked(request),
        field("arguments", request.arguments),
        field("needs", _NEEDS[request.needs]),
        field("may approve", _who(request, approvers)),
        field("created", moment(request.created)),
        field("expires", moment(request.expires) + left),
        field("state", request.state.value),
    ]
    if request.verdict is not None:
        verdict = request.verdict
        word = "agreed" if verdict.agrees else "refused"
        groups = inline(", ".join(sorted(verdict.groups)) or "no group", 500)
        lines.append(field("verdict", f"{inline(verdict.by)} {word}, {moment(verdict.at)}"))
        lines.append(field("  groups", groups))
        lines += [field("  reason", verdict.reason)] if verdict.reason else []
    return "\n".join([*lines, field("used by call", request.call or "-"), field("id", request.id)])


def _asked(request: Request) -> list[str]:
    asked = request.asked
    about = ", ".join(f"{kind} {name}" for kind, name in asked.resource)
    return [
        field("asked by", inline(request.by)),
        field("  client", inline(asked.client or "-")),
        field("  groups", inline(", ".join(asked.groups) or "-", 500)),
        field("tool", inline(f"{request.server}/{asked.tool}")),
        field("about", inline(about or "everything", 500)),
    ]


def _who(request: Request, approvers: Sequence[str]) -> str:
    if request.needs is Approval.CONFIRMED:
        return f"only {inline(request.by)}"
    if tuple(approvers) == ("*",):
        return "any other person whom the policy knows"
    if not approvers:
        return "no single group; ask the policy's owners"
    return inline("another person in one of " + ", ".join(approvers), 500)


def plain(request: Request) -> dict[str, Any]:
    """Return a request as JSON values."""
    verdict = request.verdict
    return {
        "id": request.id,
        "state": request.state.value,
        "effect": request.effect,
        "server": request.server,
        "tool": request.asked.tool,
        "resource": dict(request.asked.resource),
        "arguments": request.arguments,
        "requester": request.asked.model_dump(include={"issuer", "subject", "client", "groups"}),
        "needs": request.needs.value,
        "approvers": list(request.approvers),
        "created": request.created.isoformat(),
        "expires": request.expires.isoformat(),
        "digest": request.digest,
        "verdict": None
        if verdict is None
        else {
            "by": verdict.by,
            "groups": sorted(verdict.groups),
            "agrees": verdict.agrees,
            "at": verdict.at.isoformat(),
            "reason": verdict.reason,
        },
        "call": request.call,
    }
