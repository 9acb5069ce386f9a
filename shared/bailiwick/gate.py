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
from bailiwick.policy.question import Approval, Decision, Path, Principal, Question, Risk
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.render import Reply, shape
from bailiwick.telemetry.parent import Parent
from bailiwick.telemetry.watch import Passage, passing, watching
from bailiwick.tool import Call, Plan, Progress, Sees, ToolSpec
from bailiwick.upstream.current import current_risk

_RISKS = list(Risk)
_APPROVALS = list(Approval)
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

    `asking` finds out what the client can be asked, for the few calls that have to ask. `method` is
    the protocol's, and `parent` the span that the call is a part of at the caller's.
    """

    principal: Principal
    progress: Progress
    asking: Callable[[], Asking] = Asking
    origin: Mapping[str, Any] = field(default_factory=dict[str, Any])
    credential: str = field(default="", repr=False)
    method: str = "tools/call"
    parent: Parent | None = None


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
        who, policy = caller.principal, self.policy()
        question = Question(who, spec.name, spec.resource(arguments), spec.visible(arguments))
        seen = self._seen(spec, caller)
        recorded, origin = self._recorded(spec, arguments), _traced(caller.origin, seen)
        leg = self.trail.leg(seen.call, question, spec.risk, recorded, origin)
        with seen:
            try:
                async with self.limits.slot(who, spec.risk):
                    parts = await _found(spec, arguments, upstream, leg)
                    call = self._call(policy, spec, leg, arguments, caller, upstream)
                    with seen.stage("policy"):
                        decision = _judge(policy, spec, leg)
                        _judge_parts(policy, leg, decision, parts)
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

    def _seen(self, spec: ToolSpec, caller: Caller) -> Passage:
        """Let whoever looks on see the call, from its id and its names on."""
        told = caller.method, caller.origin, caller.parent
        return watching().call(self.new_id(), self.server, spec.name, spec.risk.value, *told)

    def _recorded(self, spec: ToolSpec, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put size and digest in the place of what is sealed: records know which, and not what."""
        if not spec.sealed:
            return arguments
        told = dict(arguments)
        for name in spec.sealed:
            if value := arguments.get(name):
                mark = digest(self.key, {name: value})[:32]
                told[name] = f"[sealed: {len(str(value))} characters, {mark}]"
        return told

    def _call(
        self,
        policy: Policy,
        spec: ToolSpec,
        leg: Leg,
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
            id=leg.call,
            principal=caller.principal,
            risk=spec.risk,
            upstream=upstream,
            cursors=cursors,
            sees=_eyes(policy, leg.question),
            progress=caller.progress,
            credential=caller.credential,
            facts=leg.facts,
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
        with passing().stage("shaping"):
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
        _judge_found(policy, spec, leg, plan)
        if plan.nothing is not None:
            return plan.nothing
        granted = await self._agreed(policy, call, leg, caller, plan)
        stage = passing().stage("tool")
        if spec.risk is Risk.READ:
            with stage:
                return await spec.run(**arguments, call=call)
        try:
            with stage:
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
        with passing().stage("approval"):
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
    with passing().stage("plan"), current_risk(Risk.READ):
        return await spec.plan(**arguments, call=replace(call, risk=Risk.READ))


async def _found(
    spec: ToolSpec, arguments: Mapping[str, Any], upstream: Any, leg: Leg
) -> tuple[Path, ...]:
    """Find out what the arguments stand for, where they only name what is kept elsewhere.

    From here on the question is about that, for the policy, for approvers and in the records.
    """
    if spec.about is None:
        return ()
    with passing().stage("about"), anyio.fail_after(spec.seconds), current_risk(Risk.READ):
        found = await spec.about.find(upstream, leg.question.principal, arguments)
    known = {**arguments, **found.values}
    leg.question = replace(
        leg.question, resource=spec.resource(known), arguments=spec.visible(known)
    )
    return found.parts


def _traced(origin: Mapping[str, Any], seen: Passage) -> Mapping[str, Any]:
    """Put into the record which trace the call is a part of: the caller's, where it has one."""
    return {**origin, "trace": seen.trace} if seen.trace else origin


def _judge(policy: Policy, spec: ToolSpec, leg: Leg) -> Decision:
    """Ask the policy. A wide read that is refused as a whole may still be allowed in parts."""
    question = leg.question
    if _RISKS.index(spec.risk) > _RISKS.index(question.principal.most):
        raise Denied(f"your token's scopes allow no {spec.risk} call; ask for one that does")
    leg.decision, leg.bundle = decision, _ = policy.decide(question), policy.bundle
    if decision:
        return decision
    wide = len(question.resource) < len(spec.scopes)
    if spec.risk is Risk.READ and wide and policy.visible(question):
        leg.decision = replace(decision, allowed=True, because=("in-parts",))
        return leg.decision
    raise _denied(question, decision)


def _judge_parts(policy: Policy, leg: Leg, decision: Decision, parts: tuple[Path, ...]) -> None:
    """Let nothing be done to a part by way of the whole that may not be done to the part."""
    needs, whole = decision.needs, leg.question
    two = Approval.SECOND_PERSON
    who = policy.approvers(whole) if needs is two and parts else ()
    for part in parts:
        asked = replace(whole, resource=part)
        answer = policy.decide(asked)
        if not answer:
            leg.decision = answer
            raise _denied(asked, answer)
        more = _APPROVALS.index(answer.needs) > _APPROVALS.index(needs)
        if more or (answer.needs is two and policy.approvers(asked) != who):
            where = ", ".join(f"{kind} {name}" for kind, name in part)
            raise Denied(f"{where} needs other people's approval than the rest; do it by itself")


def _judge_found(policy: Policy, spec: ToolSpec, leg: Leg, plan: Plan) -> None:
    """Ask the policy once more, with what only the plan could find out; it may take more, not less.

    From here on the question is about that, for approvers and in the record of the outcome.
    """
    found = {name: plan.found[name] for name in spec.finds if name in plan.found}
    if not found or leg.decision is None:
        return
    before = leg.decision
    leg.question = replace(leg.question, arguments={**leg.question.arguments, **found})
    after = _judge(policy, spec, leg)
    if _APPROVALS.index(after.needs) < _APPROVALS.index(before.needs):
        leg.decision = before


def _denied(question: Question, decision: Decision) -> Denied:
    rule = ", ".join(decision.because)
    why = "no rule permits it" if rule == "no-policy" else f"forbidden by {rule}"
    return Denied(
        f"{question.principal.subject} may not {question.tool} here: {why}."
        " Repeating it will not help; the policy's owners decide that"
    )


def _eyes(policy: Policy, question: Question) -> Sees:
    """Judge the parts of a wide question: seen is what takes no other agreement than the whole.

    Of a read that is allowed outright, or in parts, that is what is allowed outright; of a change
    that somebody has to agree to, also what they may agree to.
    """

    def sees(kind: str, name: str, *around: tuple[str, str]) -> bool:
        asked = (replace(question, resource=around) if around else question).inside(kind, name)
        part, whole = policy.decide(asked), policy.decide(question)
        if not part.allowed or _APPROVALS.index(part.needs) > _APPROVALS.index(whole.needs):
            return False
        if part.needs is not Approval.SECOND_PERSON:
            return True
        return policy.approvers(asked) == policy.approvers(question)

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
