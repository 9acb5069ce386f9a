"""A request as a row of a store, and back: what all stores write alike."""

import secrets
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Protocol

import orjson

from bailiwick.approval.request import Asked, Request, State, Verdict, Wanted
from bailiwick.errors import Unavailable
from bailiwick.policy.question import Approval

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""No letters or digits that people confuse when they read an id aloud."""
AWAY = "the approval store cannot be used, so nothing that needs an approval is done"
COLUMNS = (
    *("id", "server", "asked", "needs", "issuer", "subject", "client", "tool", "digest", "seen"),
    *("effect", "arguments", "approvers", "created", "expires", "state"),
)
"""Of a request that nobody has answered."""
SAME = ("server", "issuer", "subject", "client", "tool", "digest", "seen", "needs")
"""Two wishes are the same where all of these are."""


class Row(Protocol):
    """A row of any driver."""

    def __getitem__(self, name: str, /) -> Any:
        """Return a column."""
        ...


def same(wanted: Wanted) -> dict[str, str]:
    """Return what makes a wish this one."""
    who = wanted.question.principal
    return {
        "server": wanted.server,
        "issuer": who.issuer,
        "subject": who.subject,
        "client": who.client,
        "tool": wanted.question.tool,
        "digest": wanted.digest,
        "seen": wanted.seen,
        "needs": wanted.needs.value,
    }


def fresh(wanted: Wanted, now: datetime, lifetime: timedelta) -> Mapping[str, Any]:
    """Return the columns of a new request, under a new id."""
    made = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    return {
        **same(wanted),
        "id": f"{made[:4]}-{made[4:8]}-{made[8:]}",
        "asked": Asked.of(wanted.question).model_dump_json(),
        "effect": wanted.effect,
        "arguments": wanted.arguments,
        "approvers": orjson.dumps(wanted.approvers).decode(),
        "created": now.timestamp(),
        "expires": (now + lifetime).timestamp(),
        "state": State.OPEN.value,
    }


def said(verdict: Verdict) -> tuple[str, str, str, float, str]:
    """Return state, who, their groups, when and why, as the store has them."""
    state = State.APPROVED if verdict.agrees else State.DENIED
    groups = orjson.dumps(sorted(verdict.groups)).decode()
    return state.value, verdict.by, groups, verdict.at.timestamp(), verdict.reason


def request(row: Row, now: datetime) -> Request:
    """Read a request; what nobody used in time has expired."""
    verdict = None
    if row["verdict_by"] is not None:
        verdict = Verdict(
            by=row["verdict_by"],
            groups=frozenset(orjson.loads(row["verdict_groups"])),
            agrees=row["state"] in (State.APPROVED, State.USED),
            at=datetime.fromtimestamp(row["verdict_at"], now.tzinfo),
            reason=row["verdict_reason"] or "",
        )
    expires = datetime.fromtimestamp(row["expires"], now.tzinfo)
    state = State(row["state"])
    if state in (State.OPEN, State.APPROVED) and expires <= now:
        state = State.EXPIRED
    return Request(
        id=row["id"],
        server=row["server"],
        asked=Asked.model_validate_json(row["asked"]),
        needs=Approval(row["needs"]),
        digest=row["digest"],
        seen=row["seen"],
        effect=row["effect"],
        arguments=row["arguments"],
        approvers=tuple(orjson.loads(row["approvers"])),
        created=datetime.fromtimestamp(row["created"], now.tzinfo),
        expires=expires,
        state=state,
        verdict=verdict,
        call=row["call"] or "",
    )


@contextmanager
def in_our_words() -> Generator[None]:
    """Say what a store that is away means here."""
    try:
        yield
    except Unavailable as error:
        raise Unavailable(f"{AWAY} ({error})", detail=error.detail) from error
