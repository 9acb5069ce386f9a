"""Get the agreement that the policy demands, or say how to get it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from bailiwick.approval.request import Approvals, Request, State, Verdict, Wanted
from bailiwick.errors import ApprovalNeeded, BadRequest, Denied
from bailiwick.policy.policy import Policy
from bailiwick.policy.question import Approval, Principal, Question

Confirm = Callable[[str], Awaitable[bool | None]]
"""Ask the client's person now. None: this client cannot ask."""


class Ask(ApprovalNeeded):
    """The client must put the question and repeat the call with the answer (2026-07-28).

    `state` travels sealed and comes back with the answer.
    """

    def __init__(self, message: str, state: str) -> None:
        """Keep the state beside the question."""
        super().__init__(message)
        self.state = state


@dataclass(frozen=True, slots=True)
class Asking:
    """How the client at hand can be asked to confirm.

    `confirm` asks within the call. `rounds` says that the client takes a question as a result;
    `answer` is then what it brought back: the state, and whether its person agreed.
    """

    confirm: Confirm | None = None
    rounds: bool = False
    answer: tuple[str, bool] | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The asking, in front of a store. `clock` gives aware times in UTC."""

    store: Approvals
    clock: Callable[[], datetime]

    async def claim(self, policy: Policy, wanted: Wanted, call: str, asking: Asking) -> Request:
        """Use up one agreement to exactly this, or raise ApprovalNeeded.

        A confirmation is asked of the client; a second person agrees out of band, and so does
        anybody whose client cannot ask.
        """
        request = await self.store.approved(wanted, self.clock())
        if request is None and wanted.needs is Approval.CONFIRMED:
            request = await self._confirmed(wanted, asking)
        if request is None:
            await self._needed(wanted)
        if not enough(policy, request, wanted.question):
            raise Denied("the policy no longer accepts that approval")
        if not await self.store.use(request.id, call, self.clock()):
            await self._needed(wanted)  # another call just used it up: this one needs its own
        return request

    async def _needed(self, wanted: Wanted) -> NoReturn:
        """Ask for an agreement, or for the one that is asked for already."""
        opened = await self.store.open(wanted, self.clock())
        raise ApprovalNeeded(how_to_get(opened), told(opened))

    async def _confirmed(self, wanted: Wanted, asking: Asking) -> Request | None:
        request = await self.store.open(wanted, self.clock())
        if asking.rounds and asking.answer is None:
            raise Ask(wanted.effect, request.id)
        if asking.answer is not None:
            said: bool | None = asking.answer[1] if asking.answer[0] == request.id else None
        else:
            said = await asking.confirm(wanted.effect) if asking.confirm else None
        if said is None:
            return None
        who = wanted.question.principal
        verdict = Verdict(who.id, who.groups, said, self.clock(), "asked of the client")
        if not await self.store.say(request.id, verdict):
            return None
        if not said:
            raise Denied("not confirmed: the person at the client said no")
        return await self.store.approved(wanted, self.clock())

    async def decide(
        self, policy: Policy, request: str, approver: Principal, *, agrees: bool, reason: str = ""
    ) -> Request:
        """Take an approver's word, or raise: only who may, never for themselves."""
        found = await self.store.read(request, self.clock())
        if found is None:
            raise BadRequest(f"there is no approval request {request[:40]!r}")
        if found.state is not State.OPEN:
            raise BadRequest(f"request {found.id} is {found.state}, not open")
        verdict = Verdict(approver.id, approver.groups, agrees, self.clock(), reason)
        own = approver.id == found.by
        if agrees or not own:  # whoever asked may always withdraw
            _may_decide(policy, found, verdict, own=own)
        if not await self.store.say(found.id, verdict):
            raise BadRequest(f"request {found.id} was decided by somebody else just now")
        return (await self.store.read(found.id, self.clock())) or found


def _may_decide(policy: Policy, request: Request, verdict: Verdict, *, own: bool) -> None:
    if request.needs is Approval.SECOND_PERSON and own:
        raise Denied("nobody approves their own request")
    if request.needs is Approval.CONFIRMED and not own:
        raise Denied("only the person who asked can confirm this")
    if not _suffices(policy, request, request.asked.question(), verdict):
        raise Denied(f"the policy does not let {verdict.by} approve this")


def enough(policy: Policy, request: Request, question: Question) -> bool:
    """Ask the policy as it is now, of the caller as they are now, whether the verdict suffices."""
    verdict = request.verdict
    return verdict is not None and _suffices(policy, request, question, verdict)


def _suffices(policy: Policy, request: Request, question: Question, verdict: Verdict) -> bool:
    agreed = verdict.groups if request.needs is Approval.SECOND_PERSON else frozenset[str]()
    decision = policy.decide(question, agreed)
    return decision.allowed and decision.needs in (Approval.NONE, request.needs)


def told(request: Request) -> dict[str, Any]:
    """Say what is asked for, for programs."""
    return {
        "id": request.id,
        "needs": request.needs.value,
        "effect": request.effect,
        "approvers": list(request.approvers),
        "expires": request.expires.isoformat(timespec="seconds"),
    }


def how_to_get(request: Request) -> str:
    """Tell the model what would happen, who may approve it, and what to do then."""
    who = {
        Approval.CONFIRMED: "your own confirmation",
        Approval.SECOND_PERSON: f"the approval of another person ({_groups(request.approvers)})",
    }[request.needs]
    minutes = max(1, round((request.expires - request.created).total_seconds() / 60))
    return (
        f"Nothing was done: this needs {who}.\n"
        f"would do: {request.effect}\n"
        f"approval id: {request.id} (once, until {request.expires:%H:%M:%S} UTC, {minutes} min)\n"
        f"to approve: bailiwick approvals approve {request.id}\n"
        "Then repeat the same call with the same arguments."
    )


def _groups(names: tuple[str, ...]) -> str:
    if names == ("*",):
        return "anyone else whom the policy knows"
    return (
        "in one of the groups " + ", ".join(names)
        if names
        else "no single group can; ask the policy's owners"
    )
