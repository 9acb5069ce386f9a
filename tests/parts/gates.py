"""A gate with small tools behind it, a clock that is set, and a journal that can fail."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import anyio
from pydantic import BaseModel, Field

from bailiwick.approval import Agreement, Asking, SqliteApprovals, Verdict
from bailiwick.audit.record import Entry
from bailiwick.audit.trail import Trail
from bailiwick.config import LimitSettings
from bailiwick.errors import Moved, Unrecorded
from bailiwick.gate import Caller, Gate
from bailiwick.limits import Limits
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Principal, Risk
from bailiwick.rules import shipped
from bailiwick.shaping.answer import Answer
from bailiwick.shaping.render import Reply
from bailiwick.tool import Call, Plan, Scope, ToolSpec, tool
from bailiwick.upstream.current import may_change

ANA = Principal("practice", "ana", "agent", frozenset({"sre"}))
BO = Principal("practice", "bo", "cli", frozenset({"sre", "lead"}))
EVE = Principal("practice", "eve", "agent", frozenset())
LOCAL = Principal("local", "ana", "stdio", frozenset({"local"}))

Cluster = Annotated[str, Scope("Cluster")]
Namespace = Annotated[str, Scope("Namespace")]
AnyNamespace = Annotated[str | None, Scope("Namespace")]


@dataclass
class World:
    """What the tools act on, and how they are told to misbehave."""

    size: int = 2
    version: int = 1
    scaled: list[int] = field(default_factory=list[int])
    walls: list[bool] = field(default_factory=list[bool])
    before: Callable[[], Any] | None = None
    started: anyio.Event = field(default_factory=anyio.Event)
    released: anyio.Event = field(default_factory=anyio.Event)


class Done(BaseModel, frozen=True):
    """What a change did."""

    before: int
    after: int


@tool(risk=Risk.READ, seconds=1)
async def list_things(
    call: Call[World], cluster: Cluster, namespace: AnyNamespace = None, note: str = ""
) -> Answer:
    """List things."""
    call.facts["rows"] = 2
    call.facts["query"] = note
    call.upstream.walls.append(may_change())
    spaces = ["shop", "bank", "kube-system"] if namespace is None else [namespace]
    seen = [name for name in spaces if namespace or call.sees("Namespace", name)]
    return Answer(says=f"things in {', '.join(seen)}", notes=(note,) if note else ())


@tool(risk=Risk.READ, seconds=0.2)
async def read_slowly(call: Call[World], cluster: Cluster) -> Answer:
    """Read until released."""
    call.upstream.started.set()
    await call.upstream.released.wait()
    return Answer("read")


@tool(risk=Risk.READ)
async def read_badly(call: Call[World], cluster: Cluster) -> Answer:
    """Fail as nobody foresaw."""
    raise ValueError("boom with s3cret")


async def plan_scaling(
    call: Call[World], cluster: str, namespace: str, replicas: int, dry_run: bool = True
) -> Plan:
    world = call.upstream
    world.walls.append(may_change())
    same = Done(before=world.size, after=replicas) if world.size == replicas else None
    return Plan(
        f"scale from {world.size} to {replicas}", {"version": str(world.version)}, nothing=same
    )


@tool(risk=Risk.CHANGE, seconds=0.5, plan=plan_scaling)
async def scale_things(
    call: Call[World],
    cluster: Cluster,
    namespace: Namespace,
    replicas: Annotated[int, Field(ge=0)],
    dry_run: bool = True,
) -> Done:
    """Scale things."""
    world = call.upstream
    world.walls.append(may_change())
    before = world.size
    if world.before is not None and not dry_run:
        await world.before()
    if not dry_run:
        world.size = replicas
        world.version += 1
        world.scaled.append(replicas)
    return Done(before=before, after=replicas)


TOOLS: tuple[ToolSpec, ...] = (list_things, read_slowly, read_badly, scale_things)


@dataclass
class Memory:
    """A journal in memory. `fails` names events and phases that it refuses to write."""

    seen: list[Entry] = field(default_factory=list[Entry])
    durable: list[bool] = field(default_factory=list[bool])
    fails: set[str] = field(default_factory=set[str])

    async def write(self, entry: Entry, *, durable: bool = False, reserve: bool = False) -> None:
        if {entry.event, entry.phase} & self.fails:
            raise Unrecorded("no space left on device")
        self.seen.append(entry)
        self.durable.append(durable)

    def ready(self) -> str:
        return ""

    def story(self) -> list[str]:
        """Say in a word or two what each record is."""
        return [f"{e.event} {e.phase} {e.outcome}".strip() for e in self.seen]


@dataclass
class Setting:
    """A gate, and everything a test turns."""

    gate: Gate
    world: World
    journal: Memory
    store: SqliteApprovals
    now: list[datetime]
    policy: Policy

    async def call(
        self, spec: ToolSpec, who: Principal = ANA, asking: Asking | None = None, **given: Any
    ) -> Reply:
        """Call a tool in cluster `eu` as somebody."""
        values = spec.arguments.model_validate({"cluster": "eu", **given})
        arguments = {name: getattr(values, name) for name in type(values).model_fields}
        caller = Caller(who, _quiet, lambda: asking or Asking())
        return await self.gate.passes(spec, arguments, caller, self.world)

    async def scale(self, replicas: int = 3, who: Principal = ANA, **given: Any) -> Reply:
        """Ask to scale things in `shop` for real."""
        wanted: dict[str, Any] = {"namespace": "shop", "replicas": replicas, "dry_run": False}
        wanted |= given
        return await self.call(scale_things, who, **wanted)

    async def agree(self, reply: Reply, by: Principal = BO, *, agrees: bool = True) -> None:
        """Decide the request that a reply names."""
        asked: Mapping[str, Any] = (reply.structured or {})["approval"]
        await self.gate.agreement.decide(self.policy, asked["id"], by, agrees=agrees)

    def later(self, **much: float) -> None:
        """Move the clock."""
        self.now[0] += timedelta(**much)


async def _quiet(done: float, total: float, text: str) -> None:
    """Report to nobody."""


def setting(
    folder: Path, policy: str | None = None, tools: Sequence[ToolSpec] = TOOLS, **limits: Any
) -> Setting:
    """Make a gate with the shipped policy, or another, in front of these tools."""
    text = shipped().read_text() if policy is None else policy
    rules = Policy.load(text, [spec.action("things") for spec in tools])
    journal, now = Memory(), [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]
    store = SqliteApprovals(folder / "approvals.db")
    count = iter(range(1, 10_000))
    key = b"k" * 32
    gate = Gate(
        server="things",
        policy=lambda: rules,
        limits=Limits(LimitSettings(**limits)),
        agreement=Agreement(store, lambda: now[0]),
        trail=Trail("things", journal, key),
        key=key,
        new_id=lambda: f"call-{next(count)}",
        nonce=lambda: "n0nce123",
    )
    return Setting(gate, World(), journal, store, now, rules)


__all__ = ["ANA", "BO", "EVE", "LOCAL", "Moved", "Setting", "Verdict", "replace", "setting"]
