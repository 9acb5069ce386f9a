"""Resources: what has an address. Reading one, looking for some, awaiting one: calls of a tool."""

import math
import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from urllib.parse import quote, unquote_to_bytes

from bailiwick.errors import BadRequest
from bailiwick.policy.question import Principal, Risk
from bailiwick.tool import Call, Function, ToolSpec

_LONGEST = 2_048
"""Characters of an address that is looked at."""
_WRITTEN = re.compile(r"([a-z][a-z0-9+.-]{0,31})://([^/?#]+)((?:/[^/?#]+)*)(?:#([^?#]+))?")
_PART = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})+")
_PLAIN = "!$&'()*+,;=:@"
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_VARIABLES = re.compile(r"\{[+#./;?&]?([^{}]+)\}")
_DOTS = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class Address:
    """A URI that was looked at: decoded once, and nothing in it climbs, hides or ends early.

    `doc://handbook/travel/visa.md#fees` is at `place` handbook, with the `path` (travel, visa.md)
    and the `section` fees.
    """

    written: str
    scheme: str
    place: str
    path: tuple[str, ...] = ()
    section: str = ""

    @classmethod
    def read(cls, uri: str) -> "Address | None":
        """Take a URI apart; None for one that is malformed, or whose parts are not plain names.

        There is no query, no empty part and no `..`; nothing that is still encoded once it is
        decoded, and no separator or control character however it is written.
        """
        found = _WRITTEN.fullmatch(uri) if len(uri) <= _LONGEST else None
        if found is None:
            return None
        scheme, place, path, section = found.groups()
        parts = [_decoded(part) for part in (place, *path.split("/")[1:])]
        named = "" if section is None else _decoded(section)
        if named is None or None in parts:
            return None
        first, *rest = [part for part in parts if part is not None]
        return cls(uri, scheme, first, tuple(rest), named)

    @property
    def whole(self) -> str:
        """The URI of the whole thing, without a section, in the one way of writing it."""
        return uri_of(self.scheme, self.place, *self.path)

    def concerns(self, other: "Address") -> bool:
        """Say whether a change here is one there: the same section, or one of them is the whole."""
        apart = self.section and other.section and self.section != other.section
        return self.whole == other.whole and not apart


def uri_of(scheme: str, place: str, *path: str, section: str = "") -> str:
    """Write a URI that `Address.read` takes apart again."""
    parts = "/".join(quote(part, safe=_PLAIN) for part in (place, *path))
    return f"{scheme}://{parts}" + (f"#{quote(section, safe=_PLAIN)}" if section else "")


def _decoded(part: str) -> str | None:
    """Decode one part of an address, once; None if it is more than a plain name."""
    if not _PART.fullmatch(part):
        return None
    try:
        text = unquote_to_bytes(part).decode()
    except UnicodeDecodeError:
        return None
    # What a file system or a browser might take for a separator or a dot counts as one.
    for form in (text, unicodedata.normalize("NFKC", text)):
        if form.strip() in _DOTS or "/" in form or "\\" in form or _ENCODED.search(form):
            return None
    return text if text.isprintable() else None


@dataclass(frozen=True, slots=True)
class Listing:
    """The call that finds what there is to read.

    The table of its answer has a column `uri`, and perhaps `name`, `title`, `description` and
    `type`, in any order and any case. Where the answer has a `next`, the tool takes `cursor`.
    """

    tool: ToolSpec
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResourceSpec:
    """A declared kind of resource. `template` is RFC 6570: `doc://{collection}/{+path}{#section}`.

    `reads` says with which arguments `tool` is called for an address, None for one that is none
    of these. `looks` has the tool's parameters and is cheaper: it raises where the tool would, and
    what it returns counts for nothing; a subscription is judged by it, again at each change.
    """

    name: str
    title: str
    template: str
    description: str
    tool: ToolSpec
    reads: Callable[[Address], Mapping[str, Any] | None]
    mime_type: str = "text/plain"
    lists: Listing | None = None
    looks: Function | None = None

    def __post_init__(self) -> None:
        """Refuse, at import, what is no read."""
        if "://" not in self.template:
            raise TypeError(f"{self.name}: a template begins with its scheme, not {self.template}")
        for each in self.tools:
            if each.risk is not Risk.READ:
                raise TypeError(f"{self.name}: {each.name} is no read")

    @property
    def tools(self) -> tuple[ToolSpec, ...]:
        """The tools behind it."""
        return (self.tool,) if self.lists is None else (self.tool, self.lists.tool)

    @property
    def scheme(self) -> str:
        """What its addresses begin with."""
        return self.template.partition("://")[0]

    @property
    def variables(self) -> tuple[str, ...]:
        """What may be filled into the template."""
        names = ",".join(_VARIABLES.findall(self.template)).split(",")
        return tuple(name.removesuffix("*").partition(":")[0] for name in names if name)

    def looking(self, gone: "Callable[[Principal], bool] | None" = None) -> ToolSpec:
        """Return the tool as it is called to look only: the same to policy and journal.

        `gone` says who was allowed to see what cannot be looked at any more.
        """
        look = self.looks or self.tool.run

        async def see(call: Call[Any], **arguments: Any) -> str:
            call.facts["for"] = "a subscription"
            if gone is None:
                await look(**arguments, call=call)
            elif not gone(call.principal):
                raise BadRequest("it is gone, and was not for this caller")
            return ""

        see.__name__ = self.tool.name
        return replace(self.tool, run=see)


@dataclass(frozen=True, slots=True)
class Found:
    """An address, what it leads to, and the validated arguments of the call that reads it."""

    spec: ResourceSpec
    address: Address
    arguments: dict[str, Any]


def find(specs: Sequence[ResourceSpec], uri: str) -> Found | None:
    """Find out what a URI leads to, None where it leads nowhere. Nothing is looked up yet."""
    at = Address.read(uri)
    if at is None:
        return None
    for spec in specs:
        given = spec.reads(at) if spec.scheme == at.scheme else None
        if given is None:
            continue
        try:
            return Found(spec, at, dict(spec.tool.arguments.model_validate(dict(given))))
        except ValueError:
            return None
    return None


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a resource.

    `listed`: it came into the list or left it; without a `uri` the list changed in ways that
    cannot be said, and whoever may use its tool is told. `gone`: it cannot be looked at any more,
    and this says who was allowed to see it.
    """

    uri: str = ""
    listed: bool = False
    gone: Callable[[Principal], bool] | None = None


Tell = Callable[[Change], None]
"""Takes a change, from the event loop; never waits and never raises."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """Somebody who waits, for upstreams that are asked on behalf of their callers.

    `credential` is the caller's own token, good until `expires` in seconds since 1970.
    """

    principal: Principal
    credential: str = field(default="", repr=False)
    expires: float = math.inf


class Awaited(Protocol):
    """What somebody waits for just now."""

    def __call__(self) -> frozenset[str]:
        """Return the URIs, without sections, written as `uri_of` does."""
        ...

    async def other(self, than: frozenset[str]) -> frozenset[str]:
        """Wait until they are others than these, and return them."""
        ...

    def waiters(self) -> Mapping[str, Sequence[Waiter]]:
        """Return who waits for each URI, as their newest tokens say."""
        ...

    async def turn(self) -> None:
        """Wait until somebody comes or leaves from now on."""
        ...


Changes = Callable[[Awaited, Tell], Awaitable[None]]
"""What an application does for as long as it is served: look for changes, and tell them."""
