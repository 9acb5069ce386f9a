"""`refresh_collection`: look now for what changed in a source, instead of waiting for the clock."""

from pydantic import BaseModel

from bailiwick.errors import Unavailable
from bailiwick.policy.question import Risk
from bailiwick.tool import Call, Plan, tool
from bailiwick.wording import age
from bailiwick_retrieval.asking import Upstream, asked
from bailiwick_retrieval.models.index import CollectionState
from bailiwick_retrieval.parameters import Collection, DryRun


class Refreshed(BaseModel, frozen=True):
    """What a refresh did, or would do, as far as the caller may see documents."""

    result: str
    documents: int
    before: int
    dry_run: bool


async def plan_refresh(call: Call[Upstream], collection: str, dry_run: bool = True) -> Plan:
    """Say what is there now, and that the source will be read."""
    state = await _state(call, collection)
    kind = call.upstream.collections[collection].kind
    effect = (
        f"read what changed in the {kind} of {collection} ({_told(call, state)}); what is gone"
        " there is deleted here, with its versions"
    )
    return Plan(effect, {"collection": collection})


async def _state(call: Call[Upstream], collection: str) -> CollectionState:
    look = asked(call, collection)
    engine = await call.upstream.engine()
    return (await engine.states(look.access))[0]


def _told(call: Call[Upstream], state: CollectionState) -> str:
    if state.synced is None:
        return "never synced"
    return f"{state.documents} documents, synced {age(call.upstream.clock() - state.synced)} ago"


@tool(risk=Risk.CHANGE, seconds=900, plan=plan_refresh)
async def refresh_collection(
    call: Call[Upstream], collection: Collection, dry_run: DryRun = True
) -> Refreshed:
    """Read what changed in a collection's source now."""
    state = await _state(call, collection)
    if dry_run:
        told = f"would read the source ({_told(call, state)})"
        count = state.documents
        return Refreshed(result=told, documents=count, before=count, dry_run=True)

    tenths = 0

    async def progress(done: float, total: float, _text: str) -> None:
        """Tell every tenth, once: what comes for each document would count hidden ones, too."""
        nonlocal tenths
        while total and tenths < int(10 * done / total):
            tenths += 1
            await call.progress(tenths, 10, f"reading {collection}")

    done = await call.upstream.syncing.run(collection, progress)
    await progress(1, 1, "")
    call.facts["sync"] = str(done)
    if done.error:
        raise Unavailable(f"nothing was changed: {done.error}", detail=done.detail)
    now = await _state(call, collection)
    told = f"{collection} is up to date ({done.seconds:.1f} s)"
    return Refreshed(result=told, documents=now.documents, before=state.documents, dry_run=False)
