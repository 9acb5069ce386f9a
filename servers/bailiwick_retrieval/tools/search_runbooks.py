"""`search_runbooks`: from an alert, as Alertmanager sends it, to the steps that fit it."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block
from bailiwick.shaping.fence import inline
from bailiwick.tool import Call, tool
from bailiwick.wording import many
from bailiwick_retrieval.asking import Asked, Upstream, asked, handle, stale_days
from bailiwick_retrieval.models.index import Access, Document, Filter, Passage
from bailiwick_retrieval.parameters import AnyCollection
from bailiwick_retrieval.searching import Ranking, fits
from bailiwick_retrieval.showing import excerpt, linked, reasons, safe, standing
from bailiwick_retrieval.standing import lacking

Alert = Annotated[str, Field(description="Its alertname.", min_length=1, max_length=200)]
Labels = Annotated[
    dict[str, str] | None, Field(description="As Alertmanager sends them.", max_length=64)
]
_TELLING = ("service", "component", "app", "job", "namespace", "deployment", "workload", "reason")
_SAID = ("summary", "description", "message")
_LINKS = ("runbook_url", "runbook")
_LOOKED = 60
_MOST = 3
_SECTIONS = 3
_LONG = 1_100
_NAMED = 2
_HEADINGS = """step steps fix mitigate mitigation action actions resolve remedy resolution recover
    recovery rollback do procedure first repair"""
_STEPS = frozenset(_HEADINGS.split())
"""Words of a heading under which steps stand."""


@tool(risk=Risk.READ, seconds=20, budget=9_000)
async def search_runbooks(
    call: Call[Upstream],
    alert: Alert,
    labels: Labels = None,
    annotations: Labels = None,
    collection: AnyCollection = None,
) -> Answer:
    """Find the runbook of an alert, and show its steps."""
    look = _runbooks(call, asked(call, collection), named=collection is not None)
    question = _question(alert, labels or {}, annotations or {})
    searcher = await call.upstream.searcher()
    ranking = await searcher.rank(question, look.access, Filter())
    engine = await call.upstream.engine()
    found = await engine.passages(list(ranking.scores), look.access)
    link = next((t for n, t in (annotations or {}).items() if n in _LINKS), "")
    good = [p for p in found if fits(ranking, p.id) or _fit(p.document, alert, link)]
    ranked = sorted(good, key=lambda passage: -_fit(passage.document, alert, link))[:_LOOKED]
    documents = list(dict.fromkeys(passage.document.id for passage in ranked))[:_MOST]
    notes = await lacking(call, look, ranking)
    call.facts["shown"] = len(documents)
    if not documents:
        return Answer("no runbook fits that alert", withheld=look.withheld, notes=notes)
    texts = [
        await _runbook(
            call, look.access, ranking, number, [p for p in ranked if p.document.id == key]
        )
        for number, key in enumerate(documents, 1)
    ]
    best = ranked[0].document
    return Answer(
        _says(best, alert, link, len(documents)),
        blocks=(Block("runbooks", "\n\n".join(texts)),),
        withheld=look.withheld,
        notes=notes,
        link=linked(best.url),
    )


def _runbooks(call: Call[Upstream], look: Asked, *, named: bool) -> Asked:
    """Look into the collections of runbooks, where some are said to be."""
    said = {name for name, each in call.upstream.collections.items() if each.runbooks}
    narrowed = look.access.collections & said
    if named or not narrowed:
        return look
    return Asked(Access(narrowed, look.access.readers), look.withheld)


def _question(alert: str, labels: Mapping[str, str], notes: Mapping[str, str]) -> str:
    """Put together what tells this alert from others: its name, whom it is about, what it says."""
    told = [alert, *(labels[name] for name in _TELLING if name in labels)]
    told += [notes[name][:300] for name in _SAID if name in notes]
    return " ".join(told).replace('"', " ")


def _fit(document: Document, alert: str, link: str) -> int:
    """Say how surely a document is meant: it names the alert, or the alert names it."""
    low = alert.casefold()
    if any(each.casefold() == low for each in document.alerts):
        return _NAMED
    return 1 if _linked(document, link) else 0


def _linked(document: Document, link: str) -> bool:
    path = link.partition("#")[0].rstrip("/")
    if not path:
        return False
    return path == document.url or path.endswith((f"/{document.path}", _bare(document.path)))


def _bare(path: str) -> str:
    """Give a path as a published page has it: without the file's ending."""
    return f"/{path.rpartition('.')[0] or path}"


def _says(best: Document, alert: str, link: str, count: int) -> str:
    name = f"{best.collection} {safe(best.path)}".strip()
    fit = _fit(best, alert, link)
    sure = (
        "which names this alert" if fit == 2 else "which the alert links" if fit else "the nearest"
    )
    return f"the runbook is {name}, {sure}" if fit else f"{many(count, 'runbook')}; {sure}: {name}"


async def _runbook(
    call: Call[Upstream],
    access: Access,
    ranking: Ranking,
    number: int,
    found: Sequence[Passage],
) -> str:
    """Write one runbook: of the first its steps, of the others where they are."""
    document = found[0].document
    now = call.upstream.clock()
    facts = [f"v {document.version[:8]}", *standing(document, now, stale_days(call, document))]
    facts += reasons(ranking, found[0].id)
    head = f"{number}. {document.collection} {inline(document.path, 200)}"
    lines = [f"{head} \u203a {inline(document.title, 100)} ({', '.join(facts)})"]
    engine = await call.upstream.engine()
    sections = list(dict.fromkeys(p.section for p in found))
    parsed = await engine.content(document.id, document.version, access) if number == 1 else None
    if parsed is None:
        spots = (next(p for p in found if p.section == each) for each in sections[:_SECTIONS])
        return "\n".join(
            [*lines, *(f"   {inline(handle(document, p.anchor), 200)}" for p in spots)]
        )
    steps = [n for n, each in enumerate(parsed.sections) if _is_steps(each.heading)]
    chosen = sorted(dict.fromkeys([*steps, *sections]), key=lambda n: (n not in steps, n))
    matched, _ = ranking.why(found[0].id, 12)
    for at in sorted(chosen[:_SECTIONS]):
        section = parsed.sections[at]
        if section.text:
            title = f"#{section.anchor} {section.heading} ({section.place})"
            lines += ["", inline(title, 200), excerpt(section.text, matched, _LONG)]
    return "\n".join(lines)


def _is_steps(heading: str) -> bool:
    return bool(_STEPS & set(heading.casefold().split()))
