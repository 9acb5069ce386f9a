"""What an answer has to say of the index itself: what it lacks, and how old it is."""

from bailiwick.tool import Call
from bailiwick.wording import age, many
from bailiwick_retrieval.asking import Asked, Upstream
from bailiwick_retrieval.models.index import CollectionState
from bailiwick_retrieval.searching import Ranking

_LATE = 3
"""Syncs that may be missed before an answer says how old the index is."""
_MINUTES = 60.0


async def lacking(call: Call[Upstream], look: Asked, ranking: Ranking) -> tuple[str, ...]:
    """Say what a search did not look at: vectors to come, syncs that failed or never were."""
    engine = await call.upstream.engine()
    states = await engine.states(look.access)
    told = [note for state in states for note in _late(call, state)]
    missing = sum(state.unembedded for state in states)
    if ranking.hybrid and missing:
        told.append(f"{many(missing, 'passage')} still found by words alone: vectors follow")
    if not ranking.hybrid:
        told.append(f"found by words alone: {ranking.without or 'no embedding model'}")
    return tuple(told)


def _late(call: Call[Upstream], state: CollectionState) -> list[str]:
    now = call.upstream.clock()
    if state.synced is None:
        why = f": {state.error}" if state.error else ""
        return [f"{state.name} was never synced{why}"]
    often = call.upstream.collections[state.name].every_minutes or _MINUTES
    since = now - state.synced
    if state.error:
        return [f"{state.name} is {age(since)} old: its last sync failed: {state.error}"]
    return [f"{state.name} is {age(since)} old"] if since > often * 60 * _LATE else []
