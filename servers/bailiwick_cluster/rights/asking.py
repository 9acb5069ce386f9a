"""What `explain_access` does, apart from it: it is imported with the first call."""

from bailiwick.errors import BadRequest, Denied
from bailiwick.shaping.answer import Answer
from bailiwick.tool import Call
from bailiwick_cluster.rights import holding, profile, verdict
from bailiwick_cluster.rights.account import about
from bailiwick_cluster.rights.gathering import read
from bailiwick_cluster.rights.probing import probed
from bailiwick_cluster.rights.question import Wanted, wanted
from bailiwick_cluster.rights.subject import ME, Asked, asked, caller
from bailiwick_cluster.upstream import Kubernetes, Upstream, opened
from bailiwick_cluster.upstream.reviews import review, whoami


async def explained(
    call: Call[Upstream],
    cluster: str,
    namespace: str | None,
    subject: str,
    verb: str,
    resource: str,
    name: str,
) -> Answer:
    """Say whether a subject may do something, who may, or all it may; or raise BadRequest."""
    if bool(verb) != bool(resource) or (name and not resource):
        raise BadRequest(
            "give `verb` and `resource` together (get, pods), or neither for all a subject may do"
        )
    async with opened(call, cluster) as kubernetes:
        if not verb:
            who = await _subject(call, kubernetes, subject or ME, namespace)
            return await _all(call, kubernetes, who, namespace)
        what = await wanted(kubernetes, verb, resource, name, namespace)
        _look(call, what.asked.namespace, namespace)
        if not subject:
            return await _who(call, kubernetes, what)
        who = await _subject(call, kubernetes, subject, namespace)
        return await _may(call, kubernetes, who, what)


async def _subject(
    call: Call[Upstream], kubernetes: Kubernetes, said: str, namespace: str | None
) -> Asked:
    """Find out who is meant. Whoever asks about their own user is known with all groups."""
    own = await whoami(kubernetes)
    if said == ME:
        return caller(own, call.principal.subject)
    found = asked(said, namespace)
    _look(call, found.space, namespace)
    if found.guessed and own is not None and own.name == found.who.name:
        return caller(own, "")
    return found


def _look(call: Call[Upstream], space: str, namespace: str | None) -> None:
    """Refuse what is about a namespace that the call did not name and the policy hides."""
    if space and space != namespace and not call.sees("Namespace", space):
        raise Denied(f"the policy does not let you ask about namespace {space}")


async def _may(
    call: Call[Upstream], kubernetes: Kubernetes, subject: Asked, what: Wanted
) -> Answer:
    found = await read(call, kubernetes, what.asked.namespace or None, wide=_wide(what))
    said = await review(kubernetes, None if subject.kind == ME else subject.who, what.asked)
    return verdict.answer(verdict.May(subject, what, found, said))


async def _who(call: Call[Upstream], kubernetes: Kubernetes, what: Wanted) -> Answer:
    found = await read(call, kubernetes, what.asked.namespace or None, wide=_wide(what))
    return holding.answer(found, what, lambda space: call.sees("Namespace", space))


def _wide(what: Wanted) -> bool:
    """Say whether only bindings of the cluster count."""
    return not what.asked.namespace and not what.spaced


async def _all(
    call: Call[Upstream], kubernetes: Kubernetes, subject: Asked, namespace: str | None
) -> Answer:
    found = await read(call, kubernetes, namespace)
    notes = await about(kubernetes, subject.space, subject.account) if subject.account else []
    if subject.known and not found.nothing and "ClusterRole" not in found.book.gaps:
        return profile.answer(subject, found, namespace, notes)
    made, said = await probed(kubernetes, subject, namespace)
    return profile.shown(subject, made, namespace, found.withheld, [*notes, *said])
