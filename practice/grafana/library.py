"""What the double holds: dashboards in folders, data sources, annotations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import orjson

from practice import incident
from practice.grafana import boards, oddities
from practice.grafana.panels import PROMETHEUS, SQL, Json
from practice.incident import Clock

FOLDERS = {"shop": incident.FOLDER, "platform": "Platform"}
"""Titles of folders by uid; what is in none is in `General`."""
PLACES = {
    incident.DASHBOARD: "shop",
    boards.RESOURCE: "shop",
    oddities.QUERIES: "shop",
    boards.HOSTS: "platform",
    oddities.OLD: "platform",
}
MAKERS = (
    *(boards.shop, boards.hosts, boards.home),
    *(oddities.big, oddities.circles, oddities.queries, oddities.orders, oddities.old),
)
SOURCES: Sequence[Json] = (
    {
        **PROMETHEUS,
        "id": 1,
        "name": "Prometheus EU",
        "isDefault": True,
        "jsonData": {"httpMethod": "POST", "prometheusType": "Prometheus", "timeInterval": "15s"},
    },
    {**SQL, "id": 2, "name": "Orders", "isDefault": False, "jsonData": {"database": "orders"}},
)


@dataclass
class Library:
    """All of it. Dashboards are kept as they are sent; the newest annotation is the last."""

    clock: Clock
    boards: dict[str, Json] = field(default_factory=dict[str, Json])
    resources: dict[str, Json] = field(default_factory=dict[str, Json])
    marks: list[Json] = field(default_factory=list[Json])

    @classmethod
    def of(cls, clock: Clock) -> "Library":
        """Fill one for the incident of a ground."""
        made = cls(clock)
        made.boards = {board["uid"]: board for board in (make() for make in MAKERS)}
        made.resources = {boards.RESOURCE: boards.resource()}
        for mark in _history(clock):
            made.add(mark, "sa-1-ci")
        return made

    @property
    def titles(self) -> dict[str, str]:
        """Give the titles of all dashboards by uid."""
        own = {uid: board["title"] for uid, board in self.boards.items()}
        return own | {uid: each["spec"]["title"] for uid, each in self.resources.items()}

    def add(self, mark: Json, login: str) -> int:
        """Keep an annotation, and give its number."""
        at = mark.get("time") or int(self.clock.now.timestamp() * 1000)
        number = len(self.marks) + 1
        known = {"id": number, "alertId": 0, "alertName": "", "newState": "", "prevState": ""}
        kept: Json = {"dashboardUID": None, "panelId": 0, "tags": [], "timeEnd": at, "login": login}
        self.marks.append({**known, **kept, "created": at, "updated": at, **mark, "time": at})
        return number

    def found(self, start: int, end: int, board: str, tags: Sequence[str]) -> list[Json]:
        """Find the annotations that touch a window, the newest first."""
        fitting = [
            mark
            for mark in self.marks
            if mark["time"] <= end and max(mark["timeEnd"], mark["time"]) >= start
            if not board or mark["dashboardUID"] == board
            if set(tags) <= set(mark["tags"])
        ]
        return sorted(fitting, key=lambda mark: -mark["time"])

    def body(self, uid: str) -> bytes:
        """Write a dashboard as it is answered."""
        board = self.boards[uid]
        place = PLACES.get(uid, "")
        at = self.clock.deployed.isoformat().replace("+00:00", "Z")
        meta = {
            "type": "db",
            "canSave": False,
            "slug": slug(board["title"]),
            "url": f"/d/{uid}/{slug(board['title'])}",
            "updated": at,
            "created": at,
            "updatedBy": "ana",
            "createdBy": "ana",
            "version": board["version"],
            "folderUid": place,
            "folderTitle": FOLDERS.get(place, "General"),
            "provisioned": False,
        }
        number = list(self.boards).index(uid) + 1
        return orjson.dumps({"meta": meta, "dashboard": {"id": number, **board}})

    def hits(self) -> Iterator[Json]:
        """Write all dashboards as a search lists them, by title."""
        tags = {uid: board["tags"] for uid, board in self.boards.items()}
        tags |= {uid: each["spec"]["tags"] for uid, each in self.resources.items()}
        for uid, title in sorted(self.titles.items(), key=lambda each: each[1]):
            hit = {"uid": uid, "title": title, "tags": tags[uid], "type": "dash-db"}
            hit |= {"url": f"/d/{uid}/{slug(title)}", "uri": f"db/{slug(title)}", "slug": ""}
            if place := PLACES.get(uid):
                folder = f"/dashboards/f/{place}/{slug(FOLDERS[place])}"
                hit |= {"folderUid": place, "folderTitle": FOLDERS[place], "folderUrl": folder}
            yield hit


def slug(title: str) -> str:
    """Write a title for an address."""
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())[:60]


def _history(clock: Clock) -> Iterator[Json]:
    """Tell what was marked before the ground was started."""
    for before, version, change in (
        (timedelta(days=6), incident.BEFORE_VERSION, "CHG-1988"),
        (incident.DEPLOYED, incident.AFTER_VERSION, incident.CHANGE),
    ):
        yield {
            "time": _ms(clock, before),
            "text": f"{incident.CULPRIT} {version} deployed ({change})",
            "tags": ["deployment", incident.CULPRIT, incident.NAMESPACE],
        }
    yield {
        "time": _ms(clock, timedelta(hours=30)),
        "timeEnd": _ms(clock, timedelta(hours=29)),
        "text": "Maintenance: node-01 to node-10 get a new kernel",
        "tags": ["maintenance"],
        "dashboardUID": boards.HOSTS,
    }
    yield {
        "time": _ms(clock, incident.EXHAUSTED),
        "text": "",
        "alertId": 7,
        "alertName": "CheckoutLatencyHigh",
        "prevState": "Pending",
        "newState": "Alerting",
        "dashboardUID": incident.DASHBOARD,
        "panelId": 1,
    }


def _ms(clock: Clock, before: timedelta) -> int:
    return int((clock.now - before).timestamp() * 1000)
