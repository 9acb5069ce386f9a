"""Where plans are kept between preview and apply: an id, an owner, an end, sealed contents."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from bailiwick.errors import BadRequest
from bailiwick.tool import Call
from bailiwick_cluster.changing.step import Change
from bailiwick_cluster.upstream import Upstream

ID = r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?|-)\.[a-z0-9]{14}$"
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
"""No letters or digits that people confuse when they read an id aloud."""
_RANDOM = 14
"""68 bits: an id is not to be guessed, though it is good for its owner only."""
_NONE = "there is no such plan for you; preview_change makes one"


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """One plan. `owner` is a principal's id, times are seconds since 1970.

    `used` is when it was applied, 0 before; `undo` the plan that then takes it back, if any.
    `digest` is that of the contents, which an approval is bound to.
    """

    id: str
    owner: str
    created: float
    expires: float
    change: Change
    digest: str
    used: float = 0.0
    undo: str = ""


class Plans(Protocol):
    """The store, shared by all processes of an installation."""

    async def keep(self, owner: str, change: Change, *, undo: bool = False, id_: str = "") -> str:
        """Keep a change for its owner and return its id; under a given id it replaces that one.

        An `undo` is kept longer.
        """
        ...

    async def read(self, plan: str, owner: str) -> StoredPlan | None:
        """Return a plan of this owner, used and expired ones too as long as they are kept."""
        ...

    async def claim(self, plan: str, owner: str, undo: str) -> bool:
        """Use a plan up. True for exactly one caller, across processes, and not after its end."""
        ...

    async def give_back(self, plan: str, owner: str) -> None:
        """Undo `claim`, when it is certain that nothing was done."""
        ...

    def now(self) -> float:
        """Return the time by which plans expire."""
        ...


class Planned(Protocol):
    """An upstream that keeps plans beside its clusters."""

    @property
    def plans(self) -> Plans:
        """Return the store."""
        ...


def store(call: Call[Upstream]) -> Plans:
    """Return the store of plans: only what prepares changes, or makes them, needs it."""
    return cast("Planned", call.upstream).plans


def new_id(change: Change, choice: Callable[[str], str] = secrets.choice) -> str:
    """Make an id that says where the plan is for: `eu.shop.x7k2m9q4w8e3rt`."""
    chance = "".join(choice(_ALPHABET) for _ in range(_RANDOM))
    return f"{change.cluster}.{change.namespace or '-'}.{chance}"


async def ready(plans: Plans, plan: str, owner: str) -> StoredPlan:
    """Return a plan that can be applied, or raise BadRequest.

    Somebody else's plan is told like one that never was; of one's own it is told what became of it.
    """
    found = await plans.read(plan, owner) if re.fullmatch(ID, plan) else None
    if found is None:
        raise BadRequest(_NONE)
    if found.used:
        undo = await plans.read(found.undo, owner) if found.undo else None
        back = f'; to take it back: apply_change(plan="{found.undo}")'
        hint = back if undo is not None and undo.change.steps and not undo.used else ""
        raise BadRequest(f"that plan was applied already{hint}; preview_change makes a new one")
    if found.expires <= plans.now():
        raise BadRequest("that plan has expired; preview_change makes a new one")
    return found
