"""Grafana's HTTP API, as versions 9 to 13 have it: dashboards, data sources and annotations.

https://grafana.com/docs/grafana/latest/developers/http_api/
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from bailiwick.errors import BadRequest, Forbidden, Rejected, Unavailable, Unreadable
from bailiwick.shaping.fence import inline
from bailiwick.upstream.http import Http, Request, Response
from bailiwick_observability.models.dashboards import Annotation, Dashboard, Datasource, Found
from bailiwick_observability.models.sources import Behalf
from bailiwick_observability.settings import GrafanaSettings
from bailiwick_observability.upstream import classic, layouts
from bailiwick_observability.upstream.shapes import Json, items, number, record, records, text

_UID = r"[A-Za-z0-9_-](?:\.?[A-Za-z0-9_-]){0,79}"
READS = re.compile(
    rf"POST /api/datasources/proxy/uid/{_UID}/api/v1/(query|query_range|labels|series)"
)
"""Questions to a Prometheus behind it. `POST /api/ds/query` is none: it can run SQL."""
_WHOLE = 8_000_000
"""Bytes of an answer: the largest dashboards seen have 5 MB."""
_MOST = 5_000
"""The most dashboards that one search gives."""
_OPTIONS = frozenset(
    {"alertmanagerUid", "httpMethod", "implementation", "prometheusType", "prometheusVersion"}
    | {"timeInterval"}
)
"""Options of a data source that say how to ask it. Others may hold what is nobody's business."""
_RESOURCE = re.compile(
    r"/apis/dashboard\.grafana\.app/(v2\w{0,12})/namespaces/([a-z0-9-]{1,63})/dashboards/"
)


@dataclass(frozen=True, slots=True)
class GrafanaApi:
    """One Grafana, asked on behalf of one caller."""

    name: str
    http: Http
    settings: GrafanaSettings
    behalf: Behalf

    async def search(self, text: str, tags: Sequence[str], limit: int) -> Sequence[Found]:
        """Find dashboards by title and tag; one more than `limit` when there are more."""
        asked: Json = {"type": "dash-db", "limit": min(limit + 1, _MOST)}
        if text:
            asked["query"] = text
        if tags:
            asked["tag"] = list(tags)
        found = records(await self._get("/api/search", asked))
        return [self._found(each) for each in found if each.get("uid")][: limit + 1]

    async def dashboard(self, uid: str) -> Dashboard:
        """Read one, or raise BadRequest."""
        response = await self._exchange(f"/api/dashboards/uid/{_checked(uid, 'dashboard')}")
        if response.status == 404:
            raise BadRequest(
                f"{self.name} has no dashboard {inline(uid, 80)!r} that it would show: find the"
                " uid with search_dashboards"
            )
        if response.status == 406:
            return await self._resource(uid, response)
        said = record(self._said(response))
        inner, meta = record(said.get("dashboard")), record(said.get("meta"))
        for each in (said, inner):
            if layouts.is_resource(each):
                return layouts.dashboard(each, uid, meta)
        if not inner:
            raise Unreadable(
                f"{self.name} sent a dashboard of a kind we cannot read", detail=response.detail
            )
        return classic.dashboard({**inner, "uid": text(inner.get("uid")) or uid}, meta)

    async def _resource(self, uid: str, refusal: Response) -> Dashboard:
        """Read one that is kept in the newer layout only, where Grafana says that it is."""
        place = _RESOURCE.search(refusal.body.decode(errors="replace"))
        if not place:
            raise Unreadable(
                f"{self.name} keeps this dashboard in a layout we cannot read",
                detail=refusal.detail,
            )
        said = record(await self._get(f"{place[0]}{_checked(uid, 'dashboard')}"))
        if not layouts.is_resource(said):
            raise Unreadable(
                f"{self.name} sent a dashboard of a kind we cannot read",
                detail=repr(said)[:300],
            )
        return layouts.dashboard(said, uid, {})

    async def datasources(self) -> Sequence[Datasource]:
        """List the data sources; where the list is for admins, those that the pages are given."""
        try:
            return [_datasource(each) for each in records(await self._get("/api/datasources"))]
        except Forbidden as refused:
            try:
                said = record(await self._get("/api/frontend/settings"))
            except (Rejected, Unreadable):
                raise refused from None
        default = text(said.get("defaultDatasource"))
        known = record(said.get("datasources"))
        return [
            _datasource({"name": name, **record(each), "isDefault": name == default})
            for name, each in known.items()
            if record(each).get("uid") and not record(record(each).get("meta")).get("builtIn")
        ]

    async def annotations(
        self, start: float, end: float, *, dashboard: str = "", limit: int = 200
    ) -> Sequence[Annotation]:
        """Read the annotations of a window, the newest first."""
        asked: Json = {"from": _ms(start), "to": _ms(end), "limit": limit}
        if dashboard:
            asked["dashboardUID"] = _checked(dashboard, "dashboard")
        response = await self._exchange("/api/annotations", asked)
        if response.status == 404 and dashboard:
            raise BadRequest(
                f"{self.name} has no dashboard {inline(dashboard, 80)!r}: find the uid with"
                " search_dashboards"
            )
        found = [_annotation(each) for each in records(self._said(response))]
        return sorted(found, key=lambda each: -each.start)

    async def annotate(self, annotation: Annotation) -> int:
        """Write one, and return its id."""
        asked: Json = {
            "time": _ms(annotation.start),
            "text": annotation.text,
            "tags": list(annotation.tags),
        }
        if annotation.end:
            asked["timeEnd"] = _ms(annotation.end)
        if annotation.dashboard:
            asked["dashboardUID"] = _checked(annotation.dashboard, "dashboard")
        if annotation.panel:
            asked["panelId"] = annotation.panel
        response = await self.http.exchange(Request("POST", "/api/annotations", json=asked))
        if response.status == 404 and annotation.dashboard:
            raise BadRequest(
                f"{self.name} has no dashboard {inline(annotation.dashboard, 80)!r}: find the uid"
                " with search_dashboards"
            )
        written = classic.whole(record(self._said(response)).get("id"))
        if not written:
            raise Unreadable(f"{self.name} did not say what it wrote", detail=response.detail)
        return written

    async def version(self) -> str:
        """Ask whether it is well, and which version it is; empty where that is kept from us."""
        return text(record(await self._get("/api/health")).get("version"))

    def proxy(self, datasource: str) -> str:
        """Give the prefix of the paths that reach a data source through this Grafana."""
        return f"/api/datasources/proxy/uid/{_checked(datasource, 'data source')}"

    def link(self, dashboard: str, panel: int = 0, start: float = 0, end: float = 0) -> str:
        """Give the page of a dashboard, or of one panel in a window."""
        asked: Json = {"viewPanel": panel} if panel else {}
        if end:
            asked |= {"from": _ms(start), "to": _ms(end)}
        if not dashboard:
            return f"{self.settings.opens}/dashboards"
        page = f"{self.settings.opens}/d/{quote(dashboard, safe='')}"
        return f"{page}?{urlencode(asked)}" if asked else page

    # The wire

    async def _get(self, path: str, query: Json | None = None) -> Any:
        return self._said(await self._exchange(path, query))

    async def _exchange(self, path: str, query: Json | None = None) -> Response:
        request = Request("GET", path, query)
        async with self.http.stream(
            request, most_bytes=_WHOLE, seconds=self.settings.seconds
        ) as stream:
            response = await stream.whole()
        facts = self.behalf.facts
        facts["bytes_read"] = facts.get("bytes_read", 0) + len(response.body)
        return response

    def _said(self, response: Response) -> Any:
        """Read what an answer says, or raise one of ours."""
        status = response.status
        if 300 <= status < 400:
            raise Rejected(
                f"{self.name} sends us to another page ({status}), most likely its login: it takes"
                " no tokens at that URL, or they have to pass a proxy first",
                detail=response.detail,
            )
        if status == 404:
            raise Rejected(
                f"{self.name} does not know that address: its URL may lack a prefix, or its"
                " version is too old",
                detail=response.detail,
            )
        if status == 429:
            raise Unavailable(f"{self.name} has too much to do ({status})", detail=response.detail)
        body = self.http.accepted(response).body
        if body[:200].lstrip().startswith(b"<"):
            raise Unreadable(
                f"{self.name} sent a web page instead of data, most likely its login: it takes no"
                " tokens at that URL, or they have to pass a proxy first",
                detail=response.detail,
            )
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Unreadable(f"{self.name} sent no whole JSON", detail=response.detail) from error

    def _found(self, each: Json) -> Found:
        uid = text(each.get("uid"))
        return Found(
            uid,
            text(each.get("title")),
            text(each.get("folderTitle")),
            tuple(text(tag) for tag in items(each.get("tags"))),
            self.link(uid),
        )


def _checked(uid: str, what: str) -> str:
    """Let a uid into a path, or raise BadRequest: it may not lead to another one."""
    if not re.fullmatch(_UID, uid):
        raise BadRequest(
            f"{inline(uid, 80)!r} is not the uid of a {what}: letters, digits, - and _"
        )
    return uid


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _datasource(each: Json) -> Datasource:
    options = record(each.get("jsonData"))
    return Datasource(
        text(each.get("uid")),
        text(each.get("name")),
        text(each.get("type")),
        each.get("isDefault") is True,
        {key: value for key, value in options.items() if key in _OPTIONS},
    )


def _annotation(each: Json) -> Annotation:
    start, end = number(each.get("time")) / 1000, number(each.get("timeEnd")) / 1000
    said = text(each.get("text"))
    if not said and each.get("newState"):  # the history of an alert is kept as annotations, too
        alert = text(each.get("alertName")) or "alert"
        said = f"{alert}: {text(each.get('prevState'))} -> {text(each.get('newState'))}"
    return Annotation(
        classic.whole(each.get("id")),
        start,
        end if end > start else 0,
        said,
        tuple(text(tag) for tag in items(each.get("tags"))),
        text(each.get("dashboardUID")),
        classic.whole(each.get("panelId")),
        text(each.get("login")),
    )
