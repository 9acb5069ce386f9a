"""What a sync makes of the rows that are there, without an index."""

from itertools import count
from typing import Any

import pytest

from bailiwick_retrieval.engines.opensearch import rows, scoring
from bailiwick_retrieval.engines.opensearch.pending import Staged, content_id
from bailiwick_retrieval.engines.opensearch.plan import Plan, Work
from bailiwick_retrieval.models.index import Touched, Words
from bailiwick_retrieval.ranking.scores import rarity
from tests.servers.retrieval.engines.stock import DAY, NOW, doc


class Collected:
    """What `Pending` collects, as the plan reads it."""

    def __init__(self, **told: Any) -> None:
        self.gone: list[str] = told.get("gone", [])
        self.moves: list[tuple[str, str]] = told.get("moves", [])
        self.touched: list[Touched] = told.get("touched", [])
        staged = [staged_of(each) for each in told.get("put", [])]
        self.documents = {each.path: each for each in staged}


def staged_of(document: Any) -> Staged:
    return Staged(document.path, rows.described(document), content_id("docs", document.path, "c"))


def applied(found: list[dict[str, Any]], now: float = NOW, **told: Any) -> Plan:
    plan = Plan("docs", now, now - 30 * DAY, (f"new{n}" for n in count()))
    for each in found:
        plan.found({"_id": "x", "_source": each, "_seq_no": 1, "_primary_term": 1})
    collected: Any = Collected(**told)
    plan.apply(collected)
    return plan


def row(path: str, **told: Any) -> dict[str, Any]:
    """Give the row of a document that an earlier plan made."""
    made = applied([], put=[doc(path, "old", content="1" * 12, **told)]).works[0].new
    assert made is not None
    return {**made, "document": f"id of {path}", "from": 3}


def only(plan: Plan) -> Work:
    (work,) = plan.works
    return work


def test_a_new_document() -> None:
    plan = applied([], put=[doc("a.md", "x", readers=("ops",), tags=("t",), content="c" * 20)])
    work = only(plan)
    assert work.old is None
    assert work.new is not None
    assert (work.new["document"], work.new["path"], work.new["readers"]) == (
        "new0",
        "a.md",
        ["ops"],
    )
    assert work.new["told"]["seen"] == NOW
    assert [each["until"] for each in work.new["told"]["versions"]] == [None]
    assert work.new["blobs"] == [work.fresh]
    assert plan.changed == {"a.md": ("new", ["ops"])}
    assert (work.changed, work.moved) == (True, False)


def test_another_version_ends_the_one_before() -> None:
    plan = applied([row("a.md")], NOW + DAY, put=[doc("a.md", "new", content="2" * 12)])
    work = only(plan)
    assert work.new is not None
    assert work.new["document"] == "id of a.md"
    assert work.new["told"]["seen"] == NOW + DAY
    ended = {each["version"][0]: each["until"] for each in work.new["told"]["versions"]}
    assert ended == {"1": NOW + DAY, "2": None}
    assert work.new["oldest"] == NOW + DAY
    assert plan.changed == {"a.md": ("changed", ["*"])}
    assert "from" not in work.new


def test_nothing_new_writes_nothing() -> None:
    old = row("a.md")
    told = Touched("a.md", old["told"]["fingerprint"], frozenset({"*"}), old["told"]["url"])
    work = only(applied([old], touched=[told]))
    assert (work.changed, work.moved, work.fresh) == (False, False, "")


def test_new_readers_reach_the_passages_and_a_new_address_does_not() -> None:
    plan = applied([row("a.md")], touched=[Touched("a.md", "f", frozenset({"*"}), "https://new")])
    assert (only(plan).changed, only(plan).moved, plan.changed) == (True, False, {})
    plan = applied([row("a.md")], touched=[Touched("a.md", "f", frozenset({"ops"}))])
    assert (only(plan).changed, only(plan).moved) == (True, True)
    assert plan.changed == {"a.md": ("new", ["ops"])}


def test_a_path_is_freed_before_another_takes_it() -> None:
    plan = applied([row("a.md"), row("b.md")], gone=["b.md"], moves=[("a.md", "b.md")])
    by_id = {str(work.old and work.old["_source"]["document"]): work.new for work in plan.works}
    moved = by_id["id of a.md"]
    assert by_id["id of b.md"] is None
    assert moved is not None
    assert (moved["path"], moved["was"]) == ("b.md", ["a.md"])
    assert plan.changed == {"b.md": ("new", ["*"]), "a.md": ("gone", ["*"])}


def test_a_move_to_where_something_is_leaves_one_document_there() -> None:
    plan = applied([row("a.md"), row("b.md")], moves=[("a.md", "b.md")])
    assert [work.new["path"] for work in plan.works if work.new] == ["b.md"]


def test_contents_that_nobody_needs_are_named() -> None:
    old = row("a.md")
    assert applied([old], gone=["a.md"]).dropped() == set(old["blobs"])
    later = applied([old], NOW + DAY, put=[doc("a.md", "new", content="2" * 12)])
    assert later.dropped() == set()


def test_old_versions_are_let_go() -> None:
    old = row("a.md")
    gone = {"version": "0", "seen": 1.0, "until": NOW - 31 * DAY, "revision": "", "blob": "old"}
    kept = {**gone, "version": "9", "until": NOW - 29 * DAY, "blob": "kept"}
    old["told"]["versions"] += [gone, kept]
    old["blobs"] = sorted([*old["blobs"], "old", "kept"])
    plan = applied([old])
    work = only(plan)
    assert work.new is not None
    assert plan.dropped() == {"old"}
    assert work.new["oldest"] == NOW - 29 * DAY
    assert [each.version for each in rows.versions(work.new)] == ["1" * 12, "9"]


def test_rows_and_models_are_the_same_thing() -> None:
    document = doc("a.md", "intro", ("Pool", "size"), title="T", tags=("t",), content="c" * 64)
    work = only(applied([], put=[document]))
    assert work.new is not None
    owner = rows.document(work.new)
    assert (owner.title, owner.version, owner.tags, owner.seen) == ("T", "c" * 12, ("t",), NOW)
    made = [
        {**each, "passage": "p", "document": owner.id} for each in rows.passages(document.parsed)
    ]
    passage = rows.passage(made[1], owner)
    assert (passage.headings, passage.text, passage.anchor) == (("Pool",), "size", "pool")
    assert rows.spot(made[1]) == f"{owner.id}:1"
    assert rows.blob(work.new, "c") == work.fresh
    assert rows.blob(work.new, "") is None


def test_scores_are_of_the_counts_that_came_with_them() -> None:
    hit = {"passage": ["p"], "document": ["d"], "section": [0], "length": [4.0]}
    fields = {**hit, "title": ["pool"], "body": ["pools the pool"]}
    answer = {
        "hits": {"total": {"value": 1}, "hits": [{"fields": fields}]},
        "aggregations": {
            "length": {"count": 10, "avg": 4.0},
            "terms": {"buckets": {"0": {"doc_count": 3}, "1": {"doc_count": 5}}},
        },
    }
    found = scoring.found(Words({"pool": 1.0, "~pool": 0.5}), answer, 5)
    assert (found.passages, found.fitting) == (10, 1)
    assert found.frequency == {"pool": 3, "~pool": 5}
    (only_hit,) = found.hits
    assert only_hit.section == "d:0"
    assert only_hit.parts["pool"] == pytest.approx(rarity(3, 10) * 3 * 2.2 / (3 + 1.2), rel=1e-5)
    assert only_hit.parts["~pool"] == pytest.approx(
        0.5 * rarity(5, 10) * 4 * 2.2 / (4 + 1.2), rel=1e-5
    )
