"""Content as the API writes it: what `expand` asks for, and where the rest is to be had."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from practice.confluence.library import Library, Page

Json = dict[str, Any]
Tree = Mapping[str, Any]
MOST_NAMES = 200
"""Most users or groups of a restriction in one answer."""


def tree(expand: str) -> Tree:
    """Read `a.b,a.c` as {a: {b: {}, c: {}}}."""
    made: Json = {}
    for path in expand.split(","):
        here = made
        for name in path.strip().split("."):
            if name:
                here = here.setdefault(name, {})
    return made


@dataclass(frozen=True)
class Writer:
    """Writes pages of one space, as they are addressed from outside."""

    library: Library
    base: str

    def page(self, page: Page, asked: Tree) -> Json:
        """Write a page with what is asked for."""
        parts: dict[str, Callable[[Tree], Any]] = {
            "space": lambda _: self.space(),
            "version": lambda _: self._version(page),
            "ancestors": lambda more: self._ancestors(page, more),
            "restrictions": lambda more: self._restrictions(page, more),
            "metadata": lambda more: self._metadata(page, more),
            "body": lambda more: self._body(page, more),
        }
        written: Json = {"id": page.id, "type": page.type, "status": page.status}
        written["title"] = page.title
        written |= {name: part(asked[name]) for name, part in parts.items() if name in asked}
        written["extensions"] = {"position": "none"}
        written["_links"] = {
            "webui": f"/display/{self.library.key}/{quote(page.title.replace(' ', '+'), safe='+')}",
            "tinyui": f"/x/{page.id}",
            "self": f"{self.base}/rest/api/content/{page.id}",
        }
        left = dict.fromkeys(("children", "descendants", "history", *parts), "")
        written["_expandable"] = {name: at for name, at in left.items() if name not in asked}
        return written

    def space(self) -> Json:
        """Write the space."""
        key = self.library.key
        links = {"webui": f"/display/{key}", "self": f"{self.base}/rest/api/space/{key}"}
        named = {"id": 98_305, "key": key, "name": self.library.name, "type": "global"}
        return {**named, "_links": links, "_expandable": {}}

    def _version(self, page: Page) -> Json:
        when = self.library.when(page).isoformat(timespec="milliseconds")
        by = {"type": "known", "username": "bo", "displayName": "Bo Lead"}
        said = {"by": by, "when": when, "message": "", "number": page.version}
        return {**said, "minorEdit": False, "hidden": False}

    def _ancestors(self, page: Page, asked: Tree) -> list[Json]:
        return [self.page(each, asked) for each in self.library.above(page)]

    def _restrictions(self, page: Page, asked: Tree) -> Json:
        at = f"/rest/api/content/{page.id}/restriction/byOperation"
        if "read" not in asked:
            return {"_links": {}, "_expandable": {"read": f"{at}/read", "update": f"{at}/update"}}
        more = asked["read"].get("restrictions", {})
        read: Json = {"operation": "read"}
        if "restrictions" in asked["read"]:
            read["restrictions"] = self._named(page, more)
        left = {} if "restrictions" in asked["read"] else {"restrictions": f"{at}/read"}
        read["_links"] = {"self": f"{self.base}{at}/read"}
        read["_expandable"] = {**left, "content": f"/rest/api/content/{page.id}"}
        return {"read": read, "_links": {}, "_expandable": {"update": f"{at}/update"}}

    def _named(self, page: Page, asked: Tree) -> Json:
        users = [self._user(name) for name in page.readers.users]
        groups = [self._group(name) for name in page.readers.groups]
        parts = {"user": users, "group": groups}
        written: Json = {name: _some(part) for name, part in parts.items() if name in asked}
        written["_expandable"] = {name: "" for name in parts if name not in asked}
        return written

    def _user(self, name: str) -> Json:
        said = {"type": "known", "username": name, "userKey": f"{name:0<32.32}"}
        return {**said, "displayName": name.title(), "_links": {}, "_expandable": {"status": ""}}

    def _group(self, name: str) -> Json:
        links = {"self": f"{self.base}/rest/api/group/{quote(name)}"}
        return {"type": "group", "name": name, "_links": links}

    def _metadata(self, page: Page, asked: Tree) -> Json:
        labels = [
            {"prefix": "global", "name": name, "id": str(at), "label": name}
            for at, name in enumerate(page.labels, 1)
        ]
        written: Json = {"labels": _some(labels)} if "labels" in asked else {}
        left = {} if "labels" in asked else {"labels": ""}
        return {**written, "_expandable": {**left, "currentuser": "", "properties": ""}}

    def _body(self, page: Page, asked: Tree) -> Json:
        kinds = ("storage", "view", "export_view", "editor", "styled_view", "anonymous_export_view")
        written: Json = {}
        if "storage" in asked:
            representation = {"value": page.body, "representation": "storage"}
            at = f"/rest/api/content/{page.id}"
            written["storage"] = {**representation, "_expandable": {"content": at}}
        return {**written, "_expandable": {name: "" for name in kinds if name not in written}}


def _some(results: list[Json]) -> Json:
    """Write the beginning of a list, with its size on this page."""
    told = results[:MOST_NAMES]
    return {"results": told, "start": 0, "limit": MOST_NAMES, "size": len(told)}
