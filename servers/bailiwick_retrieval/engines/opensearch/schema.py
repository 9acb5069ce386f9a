"""The indices and their fields, and what a row is as a document or passage of ours.

Each row of documents and passages carries the generation `from` which it counts and, once it is
replaced, the one `until` which it did. Words are cut by us; OpenSearch splits at blanks only.
"""

from hashlib import sha256
from typing import Any

from bailiwick.errors import Rejected
from bailiwick_retrieval.engines.opensearch.client import Client, Json
from bailiwick_retrieval.ranking.scores import K1, B
from bailiwick_retrieval.settings import OpenSearchSettings

VERSION = 1
"""Of the fields. Another one has indices of its own, which the next syncs fill."""
_KEYWORD: Json = {"type": "keyword"}
_LONG: Json = {"type": "long"}
_DOUBLE: Json = {"type": "double"}
_KEPT: Json = {"type": "object", "enabled": False}
_SHOWN: Json = {
    "collection": _KEYWORD,
    "document": _KEYWORD,
    "path": _KEYWORD,
    "format": _KEYWORD,
    "tags": _KEYWORD,
    "readers": _KEYWORD,
    "updated": _DOUBLE,
    "from": _LONG,
    "until": _LONG,
}


def _text(**more: Any) -> Json:
    return {"type": "text", "analyzer": "whitespace", **more}


_FIELDS: dict[str, Json] = {
    "state": {
        "kind": _KEYWORD,
        "name": _KEYWORD,
        "generation": _LONG,
        "told": _KEPT,
    },
    "documents": {
        **_SHOWN,
        "was": _KEYWORD,
        "blobs": _KEYWORD,
        "oldest": _DOUBLE,
        "told": _KEPT,
    },
    "passages": {
        **_SHOWN,
        "passage": _KEYWORD,
        "section": _LONG,
        "part": _LONG,
        "print": _KEYWORD,
        "length": _DOUBLE,
        "title": _text(norms=False, store=True, copy_to="words"),
        "body": _text(norms=False, store=True, copy_to="words"),
        "whole": _text(norms=False, store=True, index=False, copy_to="words"),
        "words": _text(index_options="freqs"),
        "stems": _text(index_options="freqs"),
        "vocabulary": {"type": "keyword", "index": False},
        "told": _KEPT,
    },
    "contents": {
        "collection": _KEYWORD,
        "name": _KEYWORD,
        "staged": _LONG,
        "blob": {"type": "keyword", "index": False, "doc_values": False},
    },
}


class Names:
    """What the indices are called, and the field of one model's vectors."""

    def __init__(self, prefix: str) -> None:
        """Put the prefix and the version in front."""
        self.state, self.documents, self.passages, self.contents = (
            f"{prefix}-{VERSION}-{kind}" for kind in _FIELDS
        )


def vector_field(model: str) -> str:
    """Name the field of a model's vectors: each has its own, so that no two are compared."""
    return f"vector_{sha256(model.encode()).hexdigest()[:16]}" if model else ""


async def prepare(
    client: Client, names: Names, settings: OpenSearchSettings, field: str, dimensions: int
) -> frozenset[str]:
    """Make what is missing; return the fields of other models' vectors."""
    for name, (kind, fields) in zip(vars(names).values(), _FIELDS.items(), strict=True):
        await _made(client, name, _body(settings, kind, fields))
    if field:
        vector: Json = {
            "type": "knn_vector",
            "dimension": dimensions,
            "method": {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"},
        }
        path = f"/{names.passages}/_mapping"
        await client.change("PUT", path, {"properties": {field: vector}})
    found = await client.ask("GET", f"/{names.passages}/_mapping")
    there = next(iter(found.values()))["mappings"]["properties"]
    return frozenset(each for each in there if each.startswith("vector_") and each != field)


async def _made(client: Client, name: str, body: Json) -> None:
    try:
        await client.change("PUT", f"/{name}", body)
    except Rejected as error:
        if "resource_already_exists_exception" not in error.detail:
            raise


def _body(settings: OpenSearchSettings, kind: str, fields: Json) -> Json:
    index: Json = {
        "number_of_shards": settings.shards if kind in ("documents", "passages") else 1,
        "number_of_replicas": settings.replicas,
        "refresh_interval": "1s",
        "max_result_window": 1_000_000,
    }
    if kind == "passages":
        index["knn"] = True
        index["similarity"] = {"default": {"type": "BM25", "k1": K1, "b": B}}
    return {"settings": {"index": index}, "mappings": {"dynamic": "strict", "properties": fields}}
