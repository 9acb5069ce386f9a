"""Records in print: one call from its intent to its end, for a person."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from bailiwick.audit.reader import Query, Record, read
from bailiwick.audit.record import OURS
from bailiwick.cli.terminal import field
from bailiwick.errors import BadRequest
from bailiwick.shaping.fence import inline

SHORTEST = 8
_WHOLE = 36
_KNOWN = OURS | {"actor", "action", "resource", "policy", "approval", "result"}
_LONG = 2_000


def of_call(journal: Path, call: str) -> list[Record]:
    """Return the records of the one call that begins so, and of the approval it used.

    Raises BadRequest when several do, OSError.
    """
    if len(call) < SHORTEST:
        raise BadRequest(f"give at least {SHORTEST} characters of the call's id")
    exact = Query(call=call) if len(call) >= _WHOLE else None
    found = [r for r in read(journal, exact) if r.text("call").startswith(call)]
    calls = list(dict.fromkeys(record.text("call") for record in found))
    if len(calls) > 1:
        some = ", ".join(inline(name, 40) for name in calls[:8])
        raise BadRequest(f"{len(calls)} calls begin with {inline(call, 40)}: {some}")
    used = {name for record in found if (name := record.text("approval", "id"))}
    if not used:
        return found
    places = {_place(record) for record in found}
    agreed = (r for r in read(journal) if r.text("event").startswith("approval."))
    found += [r for r in agreed if r.text("approval", "id") in used and _place(r) not in places]
    return sorted(found, key=lambda record: record.text("ts"))


def fits(record: Record, actor: str, tool: str, outcome: str) -> bool:
    """Say whether a record is by `actor` (subject, or issuer/subject), of `tool`, and so ended."""
    subject = record.text("actor", "subject")
    return (
        actor in ("", subject, f"{record.text('actor', 'issuer')}/{subject}")
        and tool in ("", record.text("action", "tool"))
        and outcome in ("", record.text("outcome"))
    )


def printed(records: Iterable[Record]) -> str:
    """Write records one below the other."""
    return "\n\n".join("\n".join(_lines(record)) for record in records)


def _lines(record: Record) -> Iterator[str]:
    head = [record.text(name) for name in ("ts", "event", "phase", "outcome")]
    yield inline("  ".join(word for word in head if word), 300)
    for name, text in _told(record):
        if text:
            yield field(f"  {name}", inline(text, _LONG))
    for name in sorted(set(record.fields) - _KNOWN):
        yield field(f"  {inline(name, 40)}", inline(_dumped(record.fields[name]), _LONG))
    yield field("  record", inline(f"{_place(record)} {record.text('call')}"))


def _told(record: Record) -> Iterator[tuple[str, str]]:
    yield "who", _who(record)
    yield "what", _what(record)
    yield "arguments", _dumped(record.at("action", "arguments"))
    yield "policy", _policy(record)
    yield "approval", _approval(record)
    yield "result", _dumped(record.at("result"))


def _who(record: Record) -> str:
    if not record.text("actor", "subject"):
        return ""
    name = f"{record.text('actor', 'issuer')}/{record.text('actor', 'subject')}"
    client = record.text("actor", "client")
    groups = ", ".join(record.texts("actor", "groups"))
    via = f" via {client}" if client else ""
    return f"{name}{via}, {f'in {groups}' if groups else 'in no group'}"


def _what(record: Record) -> str:
    if not record.text("action", "tool"):
        return ""
    risk = record.text("action", "risk")
    about: Any = record.at("resource")
    items = [f"{kind} {name}" for kind, name in about.items()] if isinstance(about, dict) else []  # pyright: ignore[reportUnknownVariableType]
    called = f"{record.text('action', 'server')}/{record.text('action', 'tool')}"
    return f"{called}{f' ({risk})' if risk else ''} on {', '.join(items) or 'everything'}"


def _policy(record: Record) -> str:
    if record.at("policy", "allowed") is None:
        return _dumped(record.at("policy"))
    needs = record.text("policy", "needs")
    word = "allowed" if record.at("policy", "allowed") else "denied"
    because = ", ".join(record.texts("policy", "because"))
    bundle = record.text("policy", "bundle")[:12]
    return f"{word}, needs {needs}, because of {because} (bundle {bundle})"


def _approval(record: Record) -> str:
    name, by = record.text("approval", "id"), record.text("approval", "by")
    effect = record.text("approval", "effect")
    if asker := record.text("approval", "requester"):
        return f"{name} asked for by {asker}: {effect}"
    if not by:
        return _dumped(record.at("approval"))
    groups = ", ".join(record.texts("approval", "groups"))
    return f"{name} by {by} ({groups}) at {record.text('approval', 'at')}: {effect}"


def _place(record: Record) -> str:
    return f"{record.text('stream')}/{record.at('seq')}"


def _dumped(value: Any) -> str:
    return "" if value is None else orjson.dumps(value).decode()
