"""Whose part a call is: a caller's place in its trace, as W3C Trace Context writes it.

What a caller sends is a stranger's: it is taken whole and right, or not at all. Baggage is never
looked at, since whatever it says would travel on in our name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_WRITTEN = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[!-~]{0,64})?")
_MEMBER = re.compile(r"[a-z0-9][a-z0-9_\-*/@]{0,240}=[!-+\--<>-~ ]{0,255}[!-+\--<>-~]")
_MOST_MEMBERS = 32
_LONGEST = 512
"""Characters of a `tracestate`; the standard has everybody carry that many."""


@dataclass(frozen=True, slots=True)
class Parent:
    """The span of a caller: ids in lower-case hex, and what its tracer keeps there."""

    trace: str
    span: str
    sampled: bool
    state: str = ""


def read(traceparent: Any, tracestate: Any = "") -> Parent | None:
    """Read both fields. None where the first is not what the standard says."""
    found = _WRITTEN.fullmatch(traceparent) if isinstance(traceparent, str) else None
    if found is None:
        return None
    version, trace, span, flags, more = found.groups()
    if version == "ff" or (version == "00" and more) or not (int(trace, 16) and int(span, 16)):
        return None
    return Parent(trace, span, bool(int(flags, 16) & 1), _state(tracestate))


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> Parent | None:
    """Read them from an HTTP request, where no more than one of each stands."""
    given = [(n, v) for n, v in headers if n in (b"traceparent", b"tracestate")]
    if not given:
        return None
    said = {name: value.decode("latin-1") for name, value in given}
    if len(said) < len(given):
        return None
    return read(said.get(b"traceparent"), said.get(b"tracestate", ""))


def _state(text: Any) -> str:
    """Take a `tracestate` that is well formed and short; another is as good as none."""
    if not isinstance(text, str) or not text or len(text) > _LONGEST:
        return ""
    members = [member.strip(" \t") for member in text.split(",")]
    names = [member.partition("=")[0] for member in members]
    fine = len(members) <= _MOST_MEMBERS and len(set(names)) == len(names)
    return ",".join(members) if fine and all(map(_MEMBER.fullmatch, members)) else ""
