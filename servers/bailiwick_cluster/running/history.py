"""The revisions of a workload: which is current, which to go back to, and what that changes."""

import difflib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from bailiwick.errors import BadRequest
from bailiwick.shaping.redaction import redact_object
from bailiwick.wording import age, many
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.running.partial import Partial
from bailiwick_cluster.running.pods import Pod, plain
from bailiwick_cluster.running.references import references
from bailiwick_cluster.upstream import Kubernetes, Object, Target
from bailiwick_cluster.upstream.revisions import Revision, same
from bailiwick_cluster.written import written

_ROWS = 10
_LINES = 40
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,150}")
_OF_POD = "controller-revision-hash"


@dataclass(frozen=True, slots=True)
class History:
    """The revisions that are kept, the newest first; `current` is the one that is wanted now."""

    kept: Sequence[Revision]
    current: Revision | None

    def target(self, wanted: int) -> Revision:
        """Find a revision by number, 0 for the one before, or raise BadRequest."""
        numbers = ", ".join(str(each.number) for each in self.kept[:_ROWS]) or "none"
        if wanted:
            found = next((each for each in self.kept if each.number == wanted), None)
            if found is None:
                raise BadRequest(f"there is no revision {wanted}; kept are: {numbers}")
        else:
            before = [each for each in self.kept if each is not self.current]
            found = before[0] if before else None
            if found is None:
                raise BadRequest("no revision before this one is kept, so there is no way back")
        if not found.template:
            raise BadRequest(f"revision {found.number} keeps no template; kept are: {numbers}")
        return found


def history(found: Object, kept: Sequence[Revision]) -> History:
    """Find out which revision is current: the newest with the template that is wanted now."""
    template = mapping(found, "spec", "template")
    return History(kept, next((each for each in kept if same(each.template, template)), None))


def rows(known: History, to: Revision, pods: Sequence[Pod], now: float) -> str:
    """Write the revisions as a table, with how many pods of each there are and are ready."""
    there, ready = Counter[str](), Counter[str]()
    for pod in pods:
        name = _revision_of(pod, known.kept)
        there[name] += 1
        ready[name] += pod.ready
    lines = ["REVISION\tAGE\tPODS READY\tIMAGES\tCAUSE"]
    for each in known.kept[:_ROWS]:
        mark = " (now)" if each is known.current else " (target)" if each is to else ""
        how = f"{ready[each.name]} of {there[each.name]}" if there[each.name] else "none"
        old = age(max(now - each.at, 0)) if each.at else ""
        images, cause = ", ".join(each.images)[:160], each.cause[:80]
        lines.append(f"{each.number}{mark}\t{old}\t{how}\t{images}\t{cause}")
    if len(known.kept) > _ROWS:
        lines.append(f"and {many(len(known.kept) - _ROWS, 'older revision')}")
    return "\n".join(lines)


def _revision_of(pod: Pod, kept: Sequence[Revision]) -> str:
    """Name the ReplicaSet or ControllerRevision that a pod is of."""
    if pod.owner[0] == "ReplicaSet":
        return pod.owner[1]
    mark = str(pod.labels.get(_OF_POD, ""))
    names = (each.name for each in kept)
    return next((name for name in names if mark and name.endswith(mark)), "")


def difference(found: Object, to: Revision) -> str:
    """Write what changes in the template, without what is secret and without a context."""
    now = _lines(mapping(found, "spec", "template"))
    then = _lines(to.template)
    lines = list(difflib.unified_diff(now, then, "now", f"revision {to.number}", "", "", 1, ""))[2:]
    if not lines:
        return "only in what is not shown: values that may be secret"
    more = len(lines) - _LINES
    return "\n".join([*lines[:_LINES], *([f"… {more} more lines"] if more > 0 else [])])


def _lines(template: Object) -> list[str]:
    return written(_sorted(redact_object(template, {}))).splitlines()


def _sorted(node: Any) -> Any:
    """Put keys in one order: revisions of some kinds are kept in another."""
    if isinstance(node, dict):
        known = cast("dict[str, Any]", node)
        return {key: _sorted(known[key]) for key in sorted(known)}
    return [_sorted(each) for each in cast("list[Any]", node)] if isinstance(node, list) else node


def images(found: Object, to: Revision) -> str:
    """Say which images change, where they are plain."""
    now = Revision(0, "", 0, "", mapping(found, "spec", "template")).images
    pairs = [
        f"{one} -> {other.rsplit('/', 1)[-1]}"
        for one, other in zip(now, to.images, strict=False)
        if one != other and _IMAGE.fullmatch(one) and _IMAGE.fullmatch(other)
    ]
    return f"image {', '.join(pairs[:3])}" if pairs else "the same images"


async def missing(kubernetes: Kubernetes, namespace: str, to: Revision) -> list[str]:
    """Name what a template needs and is no longer there: its pods could not start."""
    needed = references(mapping(to.template, "spec"), needed=True)
    partial, gone = Partial(), list[str]()
    for kind in sorted({kind for kind, _ in needed}):

        def name(each: Object) -> Object:
            return {"name": mapping(each, "metadata").get("name")}

        async def names(kind: str = kind) -> list[Object]:
            target = Target(BUILTIN[kind], namespace, bare=True)
            return list((await kubernetes.objects(target, name, 20_000)).items)

        known = {each["name"] for each in await partial.at(f"{kind}s", names())}
        if f"{kind}s" not in partial.unread:
            gone += [f"{k} {plain(n)}" for k, n in sorted(needed) if k == kind and n not in known]
    told = [f"IT NEEDS WHAT IS NOT THERE: {', '.join(gone[:5])}"] if gone else []
    return [*told, *partial.told]
