"""What helm is asked for and what it answers, in our words; and where charts may come from.

Light: the command itself is run by `upstream/helm.py`.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, cast

from bailiwick.errors import BadRequest, Rejected
from bailiwick.tool import Call
from bailiwick_cluster.upstream import Behalf, Upstream

_REMOTE = re.compile(r"(oci|https)://[a-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9][A-Za-z0-9_.-]*)+")
"""No user, no query, no escapes; and no part that begins with a dot or a dash."""
_LOCAL = re.compile(r"(/[A-Za-z0-9_.@+-]+)+")
_HOW = "whoever runs this server allows one under [servers.cluster.helm] charts"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one chart is. For `https` that is not an archive, `where` is the repository's URL."""

    kind: Literal["oci", "repository", "archive", "folder"]
    where: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a release is to become. `version` is exact; empty means the newest.

    `values` are laid over the release's own, which `reset` drops first.
    """

    namespace: str
    release: str
    chart: str
    install: bool
    version: str = ""
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Rendered:
    """What an installation or upgrade would apply: YAML documents, hooks apart from the rest.

    It is rendered twice, since charts may draw random values: where `manifest` and `again` differ,
    nobody can know beforehand what will be applied. `digest` is that of the chart as fetched,
    SHA-256 in hex. `raw` is the release as helm would keep it.
    """

    manifest: str
    again: str
    digest: str
    crds: int
    raw: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Helm said no: why in our words, and its own, which are from outside."""

    why: str
    words: str


class Helm(Protocol):
    """Helm's own engine. Whatever it does, it does as the caller."""

    @property
    def beyond(self) -> bool:
        """Say whether a release may have objects outside its namespace."""
        ...

    @property
    def driver(self) -> Literal["secret", "configmap"]:
        """Say in which kind of object releases are kept."""
        ...

    async def render(self, cluster: str, behalf: Behalf, wanted: Wanted) -> Rendered | Refusal:
        """Render what an installation or upgrade would apply; nothing is changed.

        Raises BadRequest over a chart from elsewhere than is allowed.
        """
        ...

    async def apply(
        self, cluster: str, behalf: Behalf, wanted: Wanted, digest: str, *, wait: bool
    ) -> Refusal | None:
        """Install or upgrade; with `wait` it fails if the workloads do not become ready in time.

        Raises Moved where the chart is no longer the one of this digest.
        """
        ...

    async def rollback(
        self, cluster: str, behalf: Behalf, namespace: str, release: str, revision: int
    ) -> Refusal | None:
        """Go back to an earlier revision."""
        ...

    async def uninstall(
        self, cluster: str, behalf: Behalf, namespace: str, release: str
    ) -> Refusal | None:
        """Remove a release and its objects."""
        ...


class Helmed(Protocol):
    """An upstream that has Helm's engine beside its clusters."""

    @property
    def helm(self) -> Helm:
        """Return the engine."""
        ...


def engine(call: Call[Upstream]) -> Helm:
    """Return Helm's engine: only what changes releases needs it of an upstream."""
    return cast("Helmed", call.upstream).helm


def source(chart: str, allowed: Sequence[str]) -> Source:
    """Find out where a chart is, or raise BadRequest where it may not come from.

    A folder is looked up on this machine: no part of its path may be a symbolic link.
    """
    if not allowed:
        raise Rejected(f"no chart may be installed or upgraded here: no source is allowed; {_HOW}")
    if _REMOTE.fullmatch(chart):
        found = _remote(chart)
        inside = any(_under(chart, each) for each in allowed)
    elif _LOCAL.fullmatch(chart) and os.path.normpath(chart) == chart:
        found = Source("folder", chart)
        inside = any(_folder(chart, each) for each in allowed)
    else:
        raise BadRequest(
            "`chart` is oci://registry/path/name, https://host/path/name, or an absolute folder:"
            " no user, query, tag or `..` in it (say `version` apart)"
        )
    if not inside:
        raise BadRequest(
            f"charts may come from {', '.join(allowed)} only; give one of there, or ask: {_HOW}"
        )
    return found


def _remote(chart: str) -> Source:
    if chart.startswith("oci:"):
        return Source("oci", chart)
    if chart.endswith((".tgz", ".tar.gz")):
        return Source("archive", chart)
    where, _, name = chart.rpartition("/")
    return Source("repository", where, name)


def _under(chart: str, allowed: str) -> bool:
    """Say whether a URL is that of an allowed place, or below it: never just beside it."""
    place = allowed.rstrip("/")
    return chart == place or chart.startswith(f"{place}/")


def _folder(chart: str, allowed: str) -> bool:
    """Say whether a folder is inside an allowed one, with every link in the latter followed.

    The operator may link where he likes; a link below what he allows may lead out of it.
    """
    if not allowed.startswith("/") or not _under(chart, os.path.normpath(allowed)):
        return False
    root = Path(allowed).resolve()
    beneath = os.path.relpath(chart, os.path.normpath(allowed))
    return Path(chart).resolve() == Path(os.path.normpath(root / beneath))
