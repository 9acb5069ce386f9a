"""What a sync makes of the documents that are there: old rows, and the rows that replace them."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bailiwick_retrieval.engines.opensearch import rows
from bailiwick_retrieval.engines.opensearch.client import Json
from bailiwick_retrieval.engines.opensearch.pending import Pending, Staged
from bailiwick_retrieval.models.index import Touched


@dataclass(slots=True)
class Work:
    """One document. `old` is its row as it was found, `new` what it is to say, None if deleted.

    `fresh` names the content that new passages are made of.
    """

    old: Json | None
    new: Json | None
    fresh: str = ""

    @property
    def changed(self) -> bool:
        """Say whether a row has to be written."""
        return self.old is None or self.new != _bare(self.old["_source"])

    @property
    def moved(self) -> bool:
        """Say whether passages have to say something else of their document."""
        if self.old is None or self.new is None or self.fresh:
            return False
        return any(self.old["_source"][name] != self.new[name] for name in rows.SHOWN)


def _bare(source: Mapping[str, Any]) -> Json:
    return {name: value for name, value in source.items() if name not in ("from", "until")}


@dataclass(slots=True)
class Plan:
    """All documents that a sync touches, by path. `now` and `expired` in seconds since 1970."""

    collection: str
    now: float
    expired: float
    ids: Iterator[str]
    works: list[Work] = field(default_factory=list[Work])
    changed: dict[str, tuple[str, list[str]]] = field(
        default_factory=dict[str, "tuple[str, list[str]]"]
    )
    """What happened to each path, and whom it concerns."""
    _at: dict[str, Work] = field(default_factory=dict[str, Work])

    def found(self, hit: Json) -> None:
        """Take a document that is there."""
        work = Work(hit, deepcopy(_bare(hit["_source"])))
        self.works.append(work)
        self._at[hit["_source"]["path"]] = work

    def apply(self, pending: Pending) -> None:
        """Do what was collected, in the order in which it is no contradiction."""
        for path in pending.gone:
            self._delete(path)
        for old, new in pending.moves:
            self._move(old, new)
        for touched in pending.touched:
            self._touch(touched)
        for document in pending.documents.values():
            self._put(document)
        for work in self.works:
            if work.new is not None:
                self._settle(work.new)

    def _note(self, path: str, what: str, readers: list[str]) -> None:
        """Note what is told to whoever waits; a path that came into being stays new."""
        was, _ = self.changed.get(path, ("", []))
        self.changed[path] = (was if was == "new" and what == "changed" else what, readers)

    def _delete(self, path: str) -> None:
        work = self._at.pop(path, None)
        if work is not None and work.new is not None:
            self._note(path, "gone", work.new["readers"])
            work.new = None

    def _move(self, old: str, new: str) -> None:
        work = self._at.pop(old, None)
        if work is None or work.new is None:
            return
        self._delete(new)
        work.new["path"] = new
        work.new["was"] = [*(each for each in work.new["was"] if each != old), old]
        self._at[new] = work
        self._note(old, "gone", work.new["readers"])
        self._note(new, "new", work.new["readers"])

    def _touch(self, document: Touched) -> None:
        work = self._at.get(document.path)
        if work is None or work.new is None:
            return
        told: Json = work.new["told"]
        told["fingerprint"], told["url"] = document.fingerprint, document.url
        told["revision"] = document.revision
        work.new["tags"] = sorted({*told["facts"].get("tags", ()), *document.tags})
        seen = sorted(document.readers)
        if seen != work.new["readers"]:  # it comes into some people's lists, and leaves others'
            self._note(document.path, "new", seen)
        work.new["readers"] = seen

    def _put(self, document: Staged) -> None:
        work = self._at.get(document.path)
        row: Json | None = work.new if work else None
        self._note(document.path, "changed" if row else "new", document.row["readers"])
        if work is None or row is None:
            told: Json = {"versions": [], "content": "", "seen": self.now}
            key = {"document": next(self.ids), "collection": self.collection}
            row = {**key, "was": [], "told": told}
            work = self._at[document.path] = Work(None, row)
            self.works.append(work)
        old: Json = row["told"]
        told = {**document.row["told"], "versions": old["versions"]}
        told["seen"] = old["seen"] if old["content"] == told["content"] else self.now
        row |= {**document.row, "told": told}
        work.fresh = document.content
        self._version(told, document.content)

    def _version(self, told: Json, blob: str) -> None:
        """Make a version the current one; the one before ends now."""
        kept: list[Json] = told["versions"]
        for each in kept:
            if each["until"] is None and each["version"] != told["version"]:
                each["until"] = self.now
        same = next((each for each in kept if each["version"] == told["version"]), None)
        if same is None:
            same = {"version": told["version"], "seen": self.now}
            kept.append(same)
        same |= {"until": None, "revision": told["revision"], "blob": blob}

    def _settle(self, row: Json) -> None:
        """Let old versions go, and note what is left of them."""
        told: Json = row["told"]
        ended = [each["until"] for each in told["versions"] if each["until"] is not None]
        if any(until < self.expired for until in ended):
            told["versions"] = [
                each
                for each in told["versions"]
                if each["until"] is None or each["until"] >= self.expired
            ]
        left = [each["until"] for each in told["versions"] if each["until"] is not None]
        row["oldest"] = min(left, default=None)
        row["blobs"] = sorted({each["blob"] for each in told["versions"]})

    def dropped(self) -> set[str]:
        """Name contents that some document does not need any more."""
        gone: set[str] = set()
        for work in self.works:
            if work.old is not None:
                gone |= set(work.old["_source"]["blobs"])
                gone -= set(work.new["blobs"]) if work.new else set()
        return gone
