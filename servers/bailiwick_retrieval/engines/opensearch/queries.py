"""Questions as OpenSearch takes them: who asks and what counts is a filter inside each of them."""

from collections.abc import Mapping, Sequence
from typing import Any

from bailiwick_retrieval.engines.opensearch.client import Json
from bailiwick_retrieval.engines.opensearch.generations import Generation, any_of
from bailiwick_retrieval.models.index import Access, Filter, Vector, Words
from bailiwick_retrieval.ranking.words import STEM

_SPECIAL = frozenset('.?+*|{}[]()"\\#@&<>~^$-!=:,_/')
_SPOT = ["passage", "document", "section"]
_TERMS = 10_000
"""Words of which those spelt alike are chosen."""


def visible(generations: Sequence[Generation], access: Access, only: Filter) -> Json:
    """Match what counts, what the caller may see, and what a filter leaves."""
    if not access.readers:
        return {"match_none": {}}
    clauses: list[Json] = [
        any_of(generations),
        {"terms": {"readers": sorted(access.readers)}},
        *({"term": {"tags": tag}} for tag in only.tags),
    ]
    if only.under:
        clauses.append({"prefix": {"path": only.under}})
    if only.formats:
        clauses.append({"terms": {"format": list(only.formats)}})
    if only.updated_after is not None:
        clauses.append({"range": {"updated": {"gte": only.updated_after}}})
    return {"bool": {"filter": clauses}}


def also(query: Json, *more: Json) -> Json:
    """Match what a query matches and some other ones do, too."""
    return {"bool": {"filter": [query, *more]}}


def term(word: str) -> Json:
    """Match passages with a word, or with a stem."""
    if word.startswith(STEM):
        return {"term": {"stems": word.removeprefix(STEM)}}
    return {"term": {"words": word}}


def _weighed(terms: Mapping[str, float]) -> list[Json]:
    """Match any of the terms; each counts again where it is in the title."""
    clauses: list[Json] = []
    for word, weight in terms.items():
        field, value = next(iter(term(word)["term"].items()))
        clauses.append({"term": {field: {"value": value, "boost": weight}}})
        if field == "words":
            clauses.append({"term": {"title": {"value": value, "boost": weight}}})
    return clauses


def _phrase(phrase: Sequence[str]) -> Json:
    """Match words in this order, in the text or in the title."""
    told = " ".join(phrase)
    either: list[Json] = [{"match_phrase": {name: told}} for name in ("title", "body")]
    return {"bool": {"should": either, "minimum_should_match": 1}}


def by_words(words: Words, seen: Json, most: int) -> Json:
    """Ask for the best passages by words, and for the counts their scores are made of.

    The counts are of all that is seen; `post_filter` leaves only the hits that fit.
    """
    fits: Json = {"bool": {"filter": [_phrase(each) for each in words.phrases]}}
    if not words.phrases:
        any_term = [term(each) for each in words.terms]
        fits = {"bool": {"should": any_term, "minimum_should_match": 1}}
    counts = {str(number): term(each) for number, each in enumerate(words.terms)}
    told: dict[str, Any] = {"length": {"stats": {"field": "length"}}}
    if counts:
        told["terms"] = {"filters": {"filters": counts}}
    return {
        "size": most,
        "track_total_hits": True,
        # Apart from the row's source, which has the vector in it and takes ten times as long.
        "stored_fields": ["title", "body", "whole"],
        "docvalue_fields": [*_SPOT, "length"],
        "query": {"bool": {"filter": [seen], "should": _weighed(words.terms)}},
        "post_filter": fits,
        "aggs": told,
        "sort": [{"_score": "desc"}, {"passage": "asc"}],
    }


def by_meaning(field: str, vector: Vector, seen: Json, most: int) -> Json:
    """Ask for the nearest passages; the filter holds while the graph is walked, not afterwards."""
    near = {"vector": list(vector), "k": most, "filter": seen}
    asked: Json = {"knn": {field: near}}
    return {"size": most, "_source": False, "docvalue_fields": _SPOT, "query": asked}


def alike(word: str, seen: Json) -> Json:
    """Ask for words of seen passages that begin like a word and are about as long."""
    first = f"\\{word[0]}" if word[0] in _SPECIAL else word[0]
    rest = f".{{{max(len(word) - 2, 0)},{len(word) + 1}}}"
    chosen = {"field": "vocabulary", "include": first + rest, "size": _TERMS}
    return {"size": 0, "query": seen, "aggs": {"words": {"terms": chosen}}}


def counted(seen: Json) -> Json:
    """Ask for documents by collection and format, and for the newest."""
    kinds: Json = {
        "formats": {"terms": {"field": "format", "size": 1_000}},
        "newest": {"max": {"field": "updated"}},
    }
    return _by_collection(seen, kinds)


def embedded(seen: Json, field: str) -> Json:
    """Ask for passages by collection, and how many have a vector."""
    there: Json = {"exists": {"field": field}} if field else {"match_none": {}}
    return _by_collection(seen, {"embedded": {"filter": there}})


def _by_collection(seen: Json, aggs: Json) -> Json:
    groups = {"terms": {"field": "collection", "size": 10_000}, "aggs": aggs}
    return {"size": 0, "query": seen, "aggs": {"collections": groups}}


def tags(seen: Json, most: int) -> Json:
    """Ask for tags, the commonest first, equals by name."""
    order = [{"_count": "desc"}, {"_key": "asc"}]
    chosen = {"field": "tags", "size": most, "shard_size": most + 10_000, "order": order}
    return {"size": 0, "query": seen, "aggs": {"tags": {"terms": chosen}}}
