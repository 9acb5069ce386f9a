"""What somebody may do where roles cannot be read: as the API's own reviews tell it."""

from bailiwick.errors import Forbidden
from bailiwick_cluster.rights.danger import DANGERS, Danger
from bailiwick_cluster.rights.profile import Profile
from bailiwick_cluster.rights.rule import read
from bailiwick_cluster.rights.subject import ME, Asked
from bailiwick_cluster.upstream import Kubernetes
from bailiwick_cluster.upstream.reviews import Who, own_rules, review

_ANY = "default"


async def probed(
    kubernetes: Kubernetes, subject: Asked, namespace: str | None
) -> tuple[Profile, list[str]]:
    """Try each danger, and for the caller ask for the rules, too. Raises Forbidden."""
    own = subject.kind == ME
    made = Profile()
    for rank, danger in enumerate(DANGERS):
        space = "" if danger.wide else namespace or ""
        if await _allowed(kubernetes, None if own else subject.who, danger, space):
            made.found(rank, space)
            if rank == 0:
                break
    notes = ["each dangerous right was asked of the API, which does not say what gives it"]
    if own:
        where = namespace or _ANY
        rules, whole = await own_rules(kubernetes, where)
        for rule in rules:
            made.also(read(rule), where)
        notes += [] if whole else [f"the API says that it does not know all rules in {where}"]
    return made, notes


async def _allowed(kubernetes: Kubernetes, who: Who | None, danger: Danger, namespace: str) -> bool:
    for probe in danger.probes(namespace):
        said = await review(kubernetes, who, probe)
        if said is None:
            raise Forbidden(
                "the cluster lets you neither list roles and bindings nor ask about others;"
                " ask about yourself: subject=me"
            )
        if said.allowed:
            return True
    return False
