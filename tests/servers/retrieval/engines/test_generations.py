"""Which rows count: a model of the index against the clauses, and plans without an index."""

import operator
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bailiwick_retrieval.engines.opensearch import queries
from bailiwick_retrieval.engines.opensearch.generations import Generation, any_of, same
from bailiwick_retrieval.engines.opensearch.schema import Names, vector_field
from bailiwick_retrieval.models.index import Access, Filter, Words


def fits(clause: Any, row: dict[str, Any]) -> bool:
    """Judge a row as OpenSearch does, as far as our clauses need it."""
    (kind, told), *others = clause.items()
    assert not others
    if kind == "bool":
        must = all(fits(each, row) for each in told.get("filter", []))
        never = any(fits(each, row) for each in told.get("must_not", []))
        should = told.get("should")
        return must and not never and (should is None or any(fits(each, row) for each in should))
    if kind == "match_none":
        return False
    (name, wanted), *_ = told.items()
    value = row.get(name)
    several: list[Any] = [] if value is None else [value]
    values: list[Any] = row[name] if isinstance(value, list) else several
    if kind == "term":
        return wanted in values
    if kind == "terms":
        return bool(set(wanted) & set(values))
    if kind == "prefix":
        return any(each.startswith(wanted) for each in values)
    assert kind == "range"
    limits = {"lte": operator.le, "gte": operator.ge, "lt": operator.lt}
    edges: dict[str, Any] = wanted
    return any(all(limits[key](each, edge) for key, edge in edges.items()) for each in values)


@dataclass
class Sync:
    """One sync of a story: what it ends and writes, and whether it is published."""

    ends: set[int]
    writes: int
    published: bool


syncs = st.lists(
    st.builds(Sync, st.sets(st.integers(0, 12)), st.integers(0, 3), st.booleans()), max_size=8
)


@given(syncs)
def test_readers_see_published_syncs_only_and_each_of_them_whole(story: list[Sync]) -> None:
    rows: list[dict[str, Any]] = []
    truth: set[int] = set()
    generation, aborted = 0, ()
    for number, sync in enumerate(story, 1):
        now = Generation("docs", generation, aborted)
        seen = {n for n, row in enumerate(rows) if fits(now.clause(), row)}
        assert seen == truth
        for n in sync.ends & seen:
            rows[n]["until"] = number
        made = set(range(len(rows), len(rows) + sync.writes))
        rows += [{"collection": "docs", "from": number} for _ in made]
        before = Generation("docs", generation, aborted)
        assert {n for n, row in enumerate(rows) if fits(before.clause(), row)} == truth
        if sync.published:
            truth = truth - (sync.ends & seen) | made
            generation = number
        else:
            aborted = (*aborted, number)
    last = Generation("docs", generation, aborted)
    assert {n for n, row in enumerate(rows) if fits(last.clause(), row)} == truth
    assert not any(fits(Generation("wiki", 99).clause(), row) for row in rows)
    ended = {n for n, row in enumerate(rows) if fits(last.ended(), row)}
    assert not ended & truth


def test_nothing_counts_without_collections_or_readers() -> None:
    row = {"collection": "docs", "from": 1, "readers": ["*"]}
    some = [Generation("docs", 1)]
    assert fits(queries.visible(some, Access(frozenset(), frozenset({"*"})), Filter()), row)
    assert not fits(any_of([]), row)
    for access in (Access(frozenset(), frozenset()), Access(frozenset(), frozenset({"x"}))):
        assert not fits(queries.visible(some, access, Filter()), row)


def test_the_filter_stands_inside_every_question() -> None:
    seen = {"term": {"mark": 1}}
    words = queries.by_words(Words({"a": 1.0, "~b": 0.5}, [("c", "d")]), seen, 5)
    assert words["query"]["bool"]["filter"] == [seen]
    near = queries.by_meaning("v", [1.0], seen, 5)
    assert near["query"]["knn"]["v"]["filter"] == seen
    for body in (queries.alike("word", seen), queries.tags(seen, 5), queries.counted(seen)):
        assert body["query"] == seen


def test_aborted_syncs_change_nothing_that_is_seen() -> None:
    assert same([Generation("docs", 3, (1,))], [Generation("docs", 3, (1, 2))])
    assert not same([Generation("docs", 3)], [Generation("docs", 4)])
    assert not same([Generation("docs", 3)], [])


def test_each_model_has_a_field_of_its_own() -> None:
    assert vector_field("") == ""
    assert vector_field("a") != vector_field("b")
    names = Names("bailiwick")
    assert (names.state, names.passages) == ("bailiwick-1-state", "bailiwick-1-passages")
