"""The one road a call takes. Read `Gate.passes` from top to bottom: that is the security model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from bailiwick.approval.agreement import Agreement, Ask, Asking
from bailiwick.approval.request import Request, Wanted
from bailiwick.audit.digest import digest
from bailiwick.audit.trail import Leg, Trail
from bailiwick.cursor import Cursors
from bailiwick.errors import (
    BailiwickError,
    Denied,
    Moved,
    Unavailable,
    Unreadable,
    Unrecorded,
)
from bailiwick.limits import Limits
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Approval, Decision, Principal, Question, Risk
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.render import Reply, shape
from bailiwick.tool import Call, Plan, Progress, Sees, ToolSpec
from bailiwick.upstream.current import current_risk

_RISKS = list(Risk)
_NOTHING_TO_AGREE = Plan("")
_LATE = object()
_PAGING = frozenset({"cursor", "limit"})
"""Arguments that only say where to go on: a cursor is good whatever they are."""


class _Unsure(Exception):
    """The upstream was told to change something, and what became of it cannot be known."""

    def __init__(self, error: BailiwickError) -> None:
        """Keep why."""
        super().__init__(str(error))
        self.error = error


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end, as far as the transport knows.

    `asking` finds out what the client can be asked, for the few calls that have to ask.
    """

    principal: Principal
    progress: Progress
    asking: Callable[[], Asking] = Asking
    origin: Mapping[str, Any] = field(default_factory=dict[str, Any])
    credential: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Gate:
    """Everything a call meets on its way, in the order it meets it.

    `policy` returns the set in force; `key` makes the digests; `new_id` and `nonce` are random.
    """

    server: str
    policy: Callable[[], Policy]
    limits: Limits
    agreement: Agreement
    trail: Trail
    key: bytes
    new_id: Callable[[], str]
    nonce: Callable[[], str]
    closing: set[anyio.CancelScope] = field(default_factory=set[anyio.CancelScope])

    async def passes(
        self, spec: ToolSpec, arguments: Mapping[str, Any], caller: Caller, upstream: Any
    ) -> Reply:
        """Take one call through the gate. Raises only when cancelled, or to ask the client."""
        who = caller.principal
        question = Question(who, spec.name, spec.resource(arguments), spec.visible(arguments))
        policy = self.policy()
        call = self._call(policy, spec, question, arguments, caller, upstream)
        leg = self.trail.leg(call.id, question, spec.risk, arguments, caller.origin)
        leg.facts = call.facts
        try:
            async with self.limits.slot(who, spec.risk):
                decision = _judge(policy, spec, question, arguments, leg)
                await leg.intent(durable=_effect_is_next(spec, decision))
                return await self._within_time(policy, spec, arguments, call, leg, caller)
        except Ask as ask:
            await leg.failed(ask)
            raise
        except _Unsure as unsure:
            return await leg.failed(unsure.error, unknown=True)
        except BailiwickError as error:
            return await leg.failed(error)
        except TimeoutError:
            late = Unavailable(
                f"no answer in {spec.seconds:g} s; narrow the question or try later."
            )
            return await leg.failed(late, unknown=True)
        except anyio.get_cancelled_exc_class():
            with anyio.CancelScope(shield=True):
                await leg.cancelled()
            raise
        except Exception as error:  # noqa: BLE001 - the caller learns the call's id and nothing more
            return await leg.bug(error)

    def _call(
        self,
        policy: Policy,
        spec: ToolSpec,
        question: Question,
        arguments: Mapping[str, Any],
        caller: Caller,
        upstream: Any,
    ) -> Call[Any]:
        """Make what the tool gets. A cursor is good for the same caller and question only."""

        def cursors() -> Cursors:
            asked = {name: arguments[name] for name in arguments if name not in _PAGING}
            bound = f"{caller.principal.id}\n{spec.name}\n{digest(self.key, asked)}"
            return Cursors(self.key, bound.encode())

        return Call(
            id=self.new_id(),
            principal=caller.principal,
            risk=spec.risk,
            upstream=upstream,
            cursors=cursors,
            sees=_eyes(policy, question),
            progress=caller.progress,
            credential=caller.credential,
        )

    async def _within_time(
        self,
        policy: Policy,
        spec: ToolSpec,
        arguments: Mapping[str, Any],
        call: Call[Any],
        leg: Leg,
        caller: Caller,
    ) -> Reply:
        """Run under the tool's deadline. A client that goes away stops a read, never a change."""
        result: Any = _LATE
        with anyio.CancelScope(
            deadline=anyio.current_time() + spec.seconds, shield=spec.risk is not Risk.READ
        ) as scope:
            self.closing.add(scope)
            try:
                with current_risk(spec.risk):
                    result = await self._carry_out(policy, spec, arguments, call, leg, caller)
            finally:
                self.closing.discard(scope)
        if result is _LATE:
            raise TimeoutError
        reply = shape(result, nonce=self.nonce(), budget=spec.budget)
        if spec.risk is Risk.READ:  # waits for nothing, so nothing can cancel it half-way
            await leg.done(reply)
            return reply
        with anyio.CancelScope(shield=True):
            await leg.done(reply)
        return reply

    async def _carry_out(
        self,
        policy: Policy,
        spec: ToolSpec,
        arguments: Mapping[str, Any],
        call: Call[Any],
        leg: Leg,
        caller: Caller,
    ) -> Any:
        """Find out what would happen, get the agreement to that, and act."""
        plan = await _planned(spec, arguments, call, leg)
        if plan.nothing is not None:
            return plan.nothing
        granted = await self._agreed(policy, call, leg, caller, plan)
        if spec.risk is Risk.READ:
            return await spec.run(**arguments, call=call)
        try:
            return await spec.run(**arguments, call=replace(call, plan=plan))
        except Moved:
            if granted is not None:
                await self.agreement.store.give_back(granted.id, call.id)
            raise
        except (Unavailable, Unreadable) as error:
            if arguments.get("dry_run") is True:
                raise
            raise _Unsure(error) from error

    async def _agreed(
        self,
        policy: Policy,
        call: Call[Any],
        leg: Leg,
        caller: Caller,
        plan: Plan,
    ) -> Request | None:
        """Use up the agreement the decision needs, and write that down before the effect."""
        decision = leg.decision
        if decision is None or decision.needs is Approval.NONE:
            return None
        wanted = Wanted(
            server=self.server,
            question=leg.question,
            needs=decision.needs,
            digest=str(leg.action["digest"]),
            seen=digest(self.key, dict(plan.preconditions)),
            effect=neutralise(plan.effect),
            arguments=leg.shown,
            approvers=policy.approvers(leg.question),
        )
        granted = await self.agreement.claim(policy, wanted, call.id, caller.asking())
        try:
            await leg.approved(_told(granted))
        except Unrecorded:
            await self.agreement.store.give_back(granted.id, call.id)
            raise
        return granted

    def close(self, seconds: float) -> None:
        """Give calls under way this long to end; then they fail and their outcome is written."""
        for scope in self.closing:
            scope.deadline = min(scope.deadline, anyio.current_time() + seconds)


async def _planned(spec: ToolSpec, arguments: Mapping[str, Any], call: Call[Any], leg: Leg) -> Plan:
    """Find out by reading what the call would do. A read does what its name and place say."""
    if spec.plan is None and leg.decision and leg.decision.needs is Approval.NONE:
        return _NOTHING_TO_AGREE
    if spec.plan is None:
        where = ", ".join(f"{kind} {name}" for kind, name in leg.question.resource)
        return Plan(f"{spec.name} on {where or 'everything'}, with the arguments {leg.shown}")
    with current_risk(Risk.READ):
        return await spec.plan(**arguments, call=replace(call, risk=Risk.READ))


def _judge(
    policy: Policy, spec: ToolSpec, question: Question, arguments: Mapping[str, Any], leg: Leg
) -> Decision:
    """Ask the policy. A wide read that is refused as a whole may still be allowed in parts."""
    if _RISKS.index(spec.risk) > _RISKS.index(question.principal.most):
        raise Denied(f"your token's scopes allow no {spec.risk} call; ask for one that does")
    leg.decision, leg.bundle = decision, _ = policy.decide(question), policy.bundle
    if decision:
        return decision
    if spec.risk is Risk.READ and spec.wide(arguments) and policy.visible(question):
        leg.decision = replace(decision, allowed=True, because=("in-parts",))
        return leg.decision
    rule = ", ".join(decision.because)
    why = "no rule permits it" if rule == "no-policy" else f"forbidden by {rule}"
    raise Denied(
        f"{question.principal.subject} may not {spec.name} here: {why}."
        " Repeating it will not help; the policy's owners decide that"
    )


def _eyes(policy: Policy, question: Question) -> Sees:
    """Judge the parts of a wide question: only what is allowed outright is seen."""

    def sees(kind: str, name: str, *around: tuple[str, str]) -> bool:
        asked = replace(question, resource=around) if around else question
        decision = policy.decide(asked.inside(kind, name))
        return decision.allowed and decision.needs is Approval.NONE

    return sees


def _effect_is_next(spec: ToolSpec, decision: Decision) -> bool:
    """Say whether nothing but the plan stands between the intent and the effect."""
    return spec.risk is not Risk.READ and decision.needs is Approval.NONE


def _told(granted: Request) -> dict[str, Any]:
    verdict = granted.verdict
    return {
        "id": granted.id,
        "needs": granted.needs.value,
        "by": verdict.by if verdict else "",
        "groups": sorted(verdict.groups) if verdict else [],
        "at": verdict.at.isoformat() if verdict else "",
        "effect": granted.effect,
    }
