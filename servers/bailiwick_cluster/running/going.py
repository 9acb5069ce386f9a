"""Watches what is deleted until it is gone, and names what holds it."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from urllib.parse import quote

import anyio

from bailiwick.errors import Unavailable
from bailiwick.wording import many
from bailiwick_cluster.kinds import BUILTIN, KindInfo
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.running.falling import thing
from bailiwick_cluster.running.holding import named
from bailiwick_cluster.upstream import Kubernetes, Object, Target
from bailiwick_cluster.upstream.listing import whole

Report = Callable[[float, float, str], Awaitable[None]]
PATIENCE = 60.0
"""Seconds a deletion is watched; its tool has 100."""
_EVERY = 0.5


@dataclass(frozen=True, slots=True)
class Gone:
    """What became of a deletion: empty `held` and no `left` where all is gone.

    `conditions` is what the object itself says about it, from outside.
    """

    there: bool
    held: str = ""
    left: int = 0
    conditions: str = ""


async def gone(
    kubernetes: Kubernetes,
    kind: KindInfo,
    namespace: str | None,
    name: str,
    uid: str,
    pods: AbstractSet[str],
    seconds: float,
    report: Report,
) -> Gone:
    """Wait until an object is gone, and the pods that fall with it (by uid), but not for ever."""
    total, left = 1 + len(pods), pods
    state: Object | None = {}
    with anyio.move_on_after(seconds):
        while True:
            try:
                if state is not None:
                    state = await _there(kubernetes, kind, namespace, name, uid)
                left = await _living(kubernetes, namespace, left)
            except Unavailable:
                await anyio.sleep(_EVERY)
                continue
            done = total - len(left) - (state is not None)
            await report(done, total, f"{done} of {many(total, 'object')} gone")
            if state is None and not left:
                break
            await anyio.sleep(_EVERY)
    if state is None:
        return Gone(there=False, left=len(left))
    conditions = listing(state, "status", "conditions")
    told = "\n".join(
        f"{text(c, 'type')}={text(c, 'status')}: {text(c, 'message')}" for c in conditions
    )
    held = named(thing(kind.name, state).finalizers)
    return Gone(there=True, held=held, left=len(left), conditions=told[:1_000])


async def _there(
    kubernetes: Kubernetes, kind: KindInfo, namespace: str | None, name: str, uid: str
) -> Object | None:
    """Read the object that was to go; None where it is gone, though another took its name."""
    status, body = await kubernetes.sent("GET", kind.path(namespace, quote(name, safe=":")))
    if status == 404:
        return None
    if status >= 300:
        raise Unavailable("the object cannot be read any more")
    found = whole(body, kubernetes.name)
    return found if text(found, "metadata", "uid") == uid else None


async def _living(
    kubernetes: Kubernetes, namespace: str | None, uids: AbstractSet[str]
) -> AbstractSet[str]:
    """Return those of these pods that are still there."""
    if not uids:
        return uids

    def keep(found: Object) -> Object | None:
        uid = text(found, "metadata", "uid")
        return {"uid": uid} if uid in uids else None

    target = Target(BUILTIN["Pod"], namespace, bare=True)
    return {each["uid"] for each in (await kubernetes.objects(target, keep)).items}
