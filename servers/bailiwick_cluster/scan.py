"""Look through all objects of a kind once, page by page, keeping only what is worth showing."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from bailiwick.errors import Forbidden, Rejected
from bailiwick.tool import Call
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import text
from bailiwick_cluster.ranking import Reader, Worst
from bailiwick_cluster.upstream import Column, Keep, Kubernetes, Object, Target, Upstream

MOST = 50_000
"""Objects looked at in one call; beyond it the answer says what was not looked at."""
_MOST_SPACES = 1_000


@dataclass(slots=True)
class Scan:
    """What a scan learnt beside the rows, and what it did not get to see."""

    columns: tuple[Column, ...] = ()
    by_policy: dict[str, int] = field(default_factory=dict[str, int])
    by_rbac: list[str] = field(default_factory=list[str])
    full: bool = False
    torn: bool = False
    in_parts: bool = False

    @property
    def withheld(self) -> str:
        """Name the namespaces that the policy kept back, with how many objects each."""
        return ", ".join(f"{name} (policy)" for name in sorted(self.by_policy))

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what was not looked at."""
        notes: list[str] = []
        if self.by_rbac:
            some = ", ".join(sorted(self.by_rbac)[:10])
            notes.append(f"not looked at, the cluster's RBAC refuses: {some} ({len(self.by_rbac)})")
        if self.full:
            notes.append(f"only the first {MOST} objects were looked at; narrow the question")
        if self.torn:
            notes.append("the list changed while it was read: something may be missing or twice")
        return tuple(notes)


async def scan(call: Call[Upstream], kubernetes: Kubernetes, target: Target, worst: Worst) -> Scan:
    """Fill `worst` with what this caller may see, or raise Forbidden when that is nothing."""
    found = Scan()
    sees = seeing(call, target, found)

    async def look(part: Target) -> None:
        await _look(kubernetes, part, worst, found, sees)

    await _whole_or_parts(kubernetes, target, found, sees, look)
    return found


async def gather(
    call: Call[Upstream], kubernetes: Kubernetes, target: Target, keep: Keep
) -> tuple[list[Object], Scan]:
    """Keep what is needed of the objects that this caller may see, or raise Forbidden."""
    found = Scan()
    sees = seeing(call, target, found)
    items: list[Object] = []

    def kept(each: Object) -> Object | None:
        return keep(each) if sees(text(each, "metadata", "namespace")) else None

    async def look(part: Target) -> None:
        listing = await kubernetes.objects(part, kept, MOST)
        items.extend(listing.items)
        found.full, found.torn = found.full or listing.full, found.torn or listing.torn

    await _whole_or_parts(kubernetes, target, found, sees, look)
    return items, found


async def _whole_or_parts(
    kubernetes: Kubernetes,
    target: Target,
    found: Scan,
    sees: Callable[[str], bool],
    look: Callable[[Target], Awaitable[None]],
) -> None:
    try:
        await look(target)
    except Forbidden:
        if target.namespace or not target.kind.namespaced:
            raise
        found.in_parts = True
        await _in_parts(kubernetes, target, found, sees, look)


def seeing(call: Call[Upstream], target: Target, found: Scan) -> Callable[[str], bool]:
    """Make the question whether a row of a namespace may be shown; asked once a namespace."""
    if target.namespace or not target.kind.namespaced:
        return lambda _: True
    known: dict[str, bool] = {}

    def sees(namespace: str) -> bool:
        if namespace not in known:
            known[namespace] = call.sees("Namespace", namespace)
        if not known[namespace]:
            found.by_policy[namespace] = found.by_policy.get(namespace, 0) + 1
        return known[namespace]

    return sees


async def _look(
    kubernetes: Kubernetes,
    target: Target,
    worst: Worst,
    found: Scan,
    sees: Callable[[str], bool],
) -> None:
    async with aclosing(kubernetes.pages(target)) as pages:
        async for page in pages:
            found.columns = page.columns
            reader = Reader(page.columns)
            for row in page.rows:
                if sees(row.namespace):
                    worst.add(reader, row)
            if worst.total >= MOST:
                found.full = True
                return


async def _in_parts(
    kubernetes: Kubernetes,
    target: Target,
    found: Scan,
    sees: Callable[[str], bool],
    look: Callable[[Target], Awaitable[None]],
) -> None:
    """Ask for each namespace that the policy allows, where the cluster refuses the whole."""
    try:
        spaces = await kubernetes.page(Target(BUILTIN["Namespace"]), _MOST_SPACES)
    except Rejected as error:
        raise Forbidden(
            "the cluster lets you list neither all namespaces nor their names; give `namespace`",
            detail=error.detail,
        ) from error
    for row in spaces.rows:
        if not sees(row.name):
            continue
        try:
            await look(replace(target, namespace=row.name))
        except Forbidden:
            found.by_rbac.append(row.name)
    found.full = found.full or bool(spaces.more)
    if len(found.by_rbac) + len(found.by_policy) >= len(spaces.rows):
        raise Forbidden("the cluster lets you list these in no namespace")
