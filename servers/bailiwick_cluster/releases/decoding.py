"""One revision as helm packs it: base64, gzip, JSON. Whatever it holds is from outside. Pure."""

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import orjson

from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text

MOST_BYTES = 32_000_000
"""Bytes of a release once it is unpacked; the API keeps at most 1 MB of it packed."""
_GZIP = b"\x1f\x8b"
_FRACTION = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True, slots=True)
class Broken:
    """A revision that cannot be read, and why, in our words."""

    why: str


@dataclass(frozen=True, slots=True)
class Hook:
    """An object that helm makes at some moment and forgets: it is not part of the manifest."""

    kind: str
    name: str
    events: tuple[str, ...]
    policies: tuple[str, ...]
    phase: str
    manifest: str


@dataclass(frozen=True, slots=True)
class Release:
    """One revision. `values` are what was set, `defaults` the chart's own; times are seconds."""

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    version: str
    app_version: str
    updated: float
    description: str
    notes: str
    manifest: str
    values: Mapping[str, Any]
    defaults: Mapping[str, Any]
    hooks: tuple[Hook, ...]
    server_side: bool


def decoded(packed: str, driver: Literal["secret", "configmap"]) -> Release | Broken:
    """Unpack a revision; a Secret's data is encoded once more by the API."""
    try:
        raw = packed.encode("ascii")
        for _ in range(2 if driver == "secret" else 1):
            raw = base64.b64decode(raw, validate=True)
    except (binascii.Error, ValueError):
        return Broken("it is not base64")
    if not raw:
        return Broken("it is empty")
    whole = _unpacked(raw) if raw.startswith(_GZIP) else raw
    if isinstance(whole, Broken):
        return whole
    try:
        found = orjson.loads(whole)
    except orjson.JSONDecodeError:
        return Broken("it is not JSON")
    if not isinstance(found, dict):
        return Broken("it is not a release")
    return release(cast("dict[str, Any]", found))


def _unpacked(raw: bytes) -> bytes | Broken:
    """Unpack gzip (RFC 1952), no further than a release may be large."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        whole = unpacking.decompress(raw, MOST_BYTES + 1)
    except zlib.error:
        return Broken("it is not gzip")
    if len(whole) > MOST_BYTES:
        return Broken(f"it unpacks to more than {MOST_BYTES // 1_000_000} MB")
    return whole if unpacking.eof else Broken("it is cut off")


def release(found: Mapping[str, Any]) -> Release:
    """Read a release's JSON, as helm keeps it and as it prints it."""
    about = mapping(found, "chart", "metadata")
    info = mapping(found, "info")
    return Release(
        text(found, "name"),
        text(found, "namespace"),
        number(found, "version"),
        text(info, "status") or "unknown",
        text(about, "name"),
        text(about, "version"),
        text(about, "appVersion"),
        # Helm writes nanoseconds, which RFC 3339 has and Python does not.
        moment(_FRACTION.sub(r"\1", text(info, "last_deployed"))),
        text(info, "description"),
        text(info, "notes"),
        text(found, "manifest"),
        mapping(found, "config"),
        mapping(found, "chart", "values"),
        tuple(_hook(each) for each in listing(found, "hooks")),
        text(found, "apply_method") == "ssa",
    )


def _hook(found: Mapping[str, Any]) -> Hook:
    return Hook(
        text(found, "kind"),
        text(found, "name"),
        _words(found.get("events")),
        _words(found.get("delete_policies")),
        text(found, "last_run", "phase"),
        text(found, "manifest"),
    )


def _words(said: Any) -> tuple[str, ...]:
    return tuple(map(str, cast("list[Any]", said)[:20])) if isinstance(said, list) else ()
