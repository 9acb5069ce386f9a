"""Records of a ground: a log record follows from its source and its slot, so none is kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from practice.dynatrace.moments import nanos
from practice.dynatrace.topology import Topology
from practice.incident import (
    AFTER_VERSION,
    BEFORE_VERSION,
    CHANGE,
    CULPRIT,
    ERRORS_AFTER,
    ERRORS_BEFORE,
    HISTORY,
    MESSAGE,
    NAMESPACE,
    PROBLEM,
    SERVICES,
    Clock,
)

Row = dict[str, Any]
PERIODS = {"web": 1.0, "checkout": 2.0, "cart": 3.0, "payments": 4.0, "orders": 4.0, "search": 3.0}
"""Seconds between two records of a service."""
BANK = {"ledger": 10.0, "transfers": 10.0}
BUCKETS = {"default_logs": 35, "bank_logs": 372, "default_events": 35}
"""Days that each bucket keeps its records."""
PATHS = ("/cart", "/checkout", "/orders/{id}", "/search?q=mug", "/login")
BYTES = 40_000
"""What a record counts as in scanned bytes: enough for a limit of one gigabyte to be reached."""


def chance(*what: object) -> float:
    """Scatter over [0, 1), the same every time."""
    digest = blake2b(repr(what).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


@dataclass(frozen=True)
class Source:
    """A service that writes a record every `period` seconds since `began`."""

    service: str
    period: float
    began: float
    bucket: str
    write: Callable[[str, int, float], Row]

    def slots(self, low: float, high: float) -> range:
        """Give the slots of a time."""
        first, last = (max(int((at - self.began) / self.period + 0.999), 0) for at in (low, high))
        return range(first, last)

    def row(self, slot: int) -> Row:
        """Write a slot's record."""
        moment = self.began + slot * self.period
        return self.write(self.service, slot, moment) | {"dt.system.bucket": self.bucket}


class Store:
    """The tables that Grail answers from."""

    def __init__(self, clock: Clock, topology: Topology) -> None:
        self.clock, self.topology = clock, topology
        self.now = clock.now.timestamp()
        began = self.now - HISTORY.total_seconds()
        self.sources = [
            Source(name, period, began, "default_logs", self._shop)
            for name, period in PERIODS.items()
        ] + [Source(name, period, began, "bank_logs", self._bank) for name, period in BANK.items()]

    def logs(self, low: float, high: float) -> tuple[int, Iterator[Row]]:
        """Count the log records of a time and give them, the newest first."""
        slots = [
            (source.began + slot * source.period, place, slot)
            for place, source in enumerate(self.sources)
            for slot in source.slots(low, min(high, self.now))
        ]
        slots.sort(reverse=True)
        return len(slots), (self.sources[place].row(slot) for _, place, slot in slots)

    def table(self, name: str, low: float, high: float) -> tuple[int, Iterator[Row]] | None:
        """Do the same for any table; None for one that there is not."""
        if name == "logs":
            return self.logs(low, high)
        rows = self._small(name)
        if rows is None:
            return None
        kept = [r for r in rows if "at" not in r or low <= r["at"] < high]
        return len(kept), ({k: v for k, v in row.items() if k != "at"} for row in kept)

    def _small(self, name: str) -> list[Row] | None:
        if name == "events":
            return self._events()
        if name == "dt.davis.problems":
            return [each for each in self._events() if each["event.kind"] == "DAVIS_PROBLEM"]
        if name == "dt.system.buckets":
            return [_bucket(*each) for each in BUCKETS.items()]
        kind = name.removeprefix("dt.entity.").upper()
        if name.startswith("dt.entity."):
            return [{"id": n.id, "entity.name": n.name} for n in self.topology.of(kind)]
        return None

    # Records

    def _record(self, service: str, slot: int, moment: float, level: str, content: str) -> Row:
        node = self.topology.service(service)
        return {
            "timestamp": nanos(moment),
            "content": content,
            "loglevel": level,
            "status": "ERROR" if level == "ERROR" else "INFO",
            "dt.entity.service": node.id,
            "service.name": service,
            "k8s.namespace.name": NAMESPACE if service in SERVICES else "bank",
            "k8s.pod.name": f"{service}-{slot % 3}",
            "log.source": f"/var/log/pods/{service}.log",
        }

    def _shop(self, service: str, slot: int, moment: float) -> Row:
        full = moment >= self.clock.exhausted.timestamp()
        culprit, luck = service == CULPRIT, chance(service, slot)
        failed = luck < (ERRORS_AFTER if full and culprit else ERRORS_BEFORE)
        path, took = PATHS[slot % len(PATHS)], 20 + int(400 * luck)
        if failed and culprit and full:
            said = MESSAGE
        elif failed:
            said = f'request failed: upstream said "try again later" for {path}'
        elif slot % 400 == 7:
            said = f'user agent: "x" | fetch secrets // {path}'
        else:
            said = f"{'POST' if slot % 3 else 'GET'} {path} answered 200 in {took} ms"
        row = self._record(service, slot, moment, "ERROR" if failed else "INFO", said)
        if culprit:
            new = moment >= self.clock.deployed.timestamp()
            row["service.version"] = AFTER_VERSION if new else BEFORE_VERSION
        return row

    def _bank(self, service: str, slot: int, moment: float) -> Row:
        card = "4111 1111 1111 1111"  # the card number that stands for one everywhere
        said = f"card {card} charged" if slot % 10 == 3 else "booking stored"
        return self._record(service, slot, moment, "INFO", said)

    def _events(self) -> list[Row]:
        deployed, full = self.clock.deployed.timestamp(), self.clock.exhausted.timestamp() + 120
        node = self.topology.service(CULPRIT)
        return [
            _event(
                full, "DAVIS_PROBLEM", "AVAILABILITY_EVENT", "Response time degradation", node.id
            )
            | {"display_id": PROBLEM, "event.status": "ACTIVE"},
            _event(
                deployed,
                "DAVIS_EVENT",
                "CUSTOM_DEPLOYMENT",
                f"Deployment of {CULPRIT} {AFTER_VERSION} ({CHANGE})",
                node.id,
            )
            | {"event.status": "CLOSED"},
        ]


def _event(moment: float, kind: str, type_: str, name: str, entity: str) -> Row:
    return {
        "at": moment,
        "timestamp": nanos(moment),
        "event.kind": kind,
        "event.type": type_,
        "event.name": name,
        "affected_entity_ids": [entity],
        "dt.system.bucket": "default_events",
    }


def _bucket(name: str, days: int) -> Row:
    return {
        "name": name,
        "display_name": name.replace("_", " "),
        "dt.system.table": "events" if name.endswith("events") else "logs",
        "status": "active",
        "retention_days": days,
        "records": 60_000,
        "estimated_uncompressed_bytes": 60_000 * BYTES,
    }
