"""`list_collections`: what there is to search, how fresh it is, and what could not be read."""

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.shaping.fence import inline
from bailiwick.tool import Call, tool
from bailiwick.wording import age, many
from bailiwick_retrieval.asking import Upstream, asked
from bailiwick_retrieval.models.index import CollectionState
from bailiwick_retrieval.parameters import AnyCollection

_PROBLEMS = 10


@tool(risk=Risk.READ, seconds=10, budget=6_000)
async def list_collections(call: Call[Upstream], collection: AnyCollection = None) -> Answer:
    """List collections: what they hold, how many documents, how fresh, errors of the last sync."""
    look = asked(call, collection)
    engine = await call.upstream.engine()
    states = await engine.states(look.access)
    now = call.upstream.clock()
    heads = ("COLLECTION", "TITLE", "KIND", "DOCUMENTS", "NEWEST", "SYNCED", "STATE")
    rows = [_row(call, each, now) for each in states]
    told = [f"{inline(path, 120)}: {why}" for each in states for path, why in each.problems]
    documents = sum(each.documents for each in states)
    wrong = [each.name for each in states if each.error]
    says = f"{many(len(states), 'collection')} with {many(documents, 'document')}"
    blocks = (Block("documents that could not be read", "\n".join(told[:_PROBLEMS])),)
    return Answer(
        f"{says}; the last sync failed: {', '.join(wrong)}" if wrong else says,
        Table(heads, rows, "collections") if rows else None,
        blocks=blocks if told else (),
        withheld=look.withheld,
        notes=(f"{len(told) - _PROBLEMS} more could not be read",) * (len(told) > _PROBLEMS),
    )


def _row(call: Call[Upstream], state: CollectionState, now: float) -> tuple[str, ...]:
    settings = call.upstream.collections[state.name]
    kinds = sorted(state.formats.items(), key=lambda each: (-each[1], each[0]))
    return (
        state.name,
        settings.title or state.name,
        settings.kind,
        f"{state.documents} ({', '.join(f'{n} {kind}' for kind, n in kinds[:4])})"
        if kinds
        else "0",
        f"{age(now - state.updated)} ago" if state.updated is not None else "",
        f"{age(now - state.synced)} ago" if state.synced is not None else "never",
        _state(state),
    )


def _state(state: CollectionState) -> str:
    told = [f"failed: {state.error}"] if state.error else []
    if state.unembedded:
        told.append(f"{state.unembedded} of {state.passages} vectors to come")
    if state.problems:
        told.append(f"{len(state.problems)} not readable")
    return "; ".join(told) or "ok"
