"""What the shop's services log of a sample of requests, and the release that empties a pool.

Every second request of checkout was asked for by the storefront at the same time and has the same
trace, so an error can be followed from the one to the other.
"""

import math
from dataclasses import dataclass

import orjson

from practice.incident import (
    AFTER_VERSION,
    BEFORE_VERSION,
    CULPRIT,
    ERRORS_AFTER,
    ERRORS_BEFORE,
    HISTORY,
    MESSAGE,
    NAMESPACE,
    P95_AFTER,
    P95_BEFORE,
    POOL,
    Clock,
)
from practice.splunk.rows.source import Line, Place, Source, Steady, mix, share, stamp
from practice.splunk.spl.values import Row

JSON = "shop:app:json"
PERIODS = {"web": 1.0, CULPRIT: 0.5, "cart": 2.0, "payments": 4.0, "orders": 4.0, "search": 2.0}
"""Seconds between two requests that a service logs."""
VERSIONS = {
    "web": "8.2.0",
    "cart": "5.0.3",
    "payments": "2.9.4",
    "orders": "4.4.0",
    "search": "1.16.2",
}
DOINGS = {
    "web": ("page served", "asset served", "session opened"),
    CULPRIT: ("order placed", "basket priced", "delivery options listed"),
    "cart": ("item added", "item removed", "cart read"),
    "payments": ("payment authorised", "payment captured", "refund noted"),
    "orders": ("order stored", "order read", "parcel announced"),
    "search": ("query answered", "suggestions answered", "index refreshed"),
}
P95 = {"web": 0.18, "cart": 0.08, "payments": 0.21, "orders": 0.19, "search": 0.08}
P95_FELT = 0.9
"""The storefront's since checkout has no connections left."""
PAGES = ("/", "/search", "/product/4711", "/cart", "/account")
ASKING = 0.29
"""Share of the storefront's requests that checkout is asked for."""
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "Mozilla/5.0 (iPhone)", "practice-probe/1.0")
TWENTIETH = math.log(20)
"""An exponential distribution's 95th percentile is its mean times this."""
WAITED = 2.0
"""Seconds that a request waits for a connection in vain."""


def trace(request: int) -> str:
    """Give the trace of a request of checkout's; storefront and checkout agree on it."""
    return f"{mix(7, request):08x}{mix(8, request):08x}{mix(9, request):08x}{mix(10, request):08x}"


def hosts(service: str) -> tuple[str, ...]:
    """Name the nodes that a service's three pods run on."""
    first = sum(map(ord, service)) % 28 + 1
    return tuple(f"node-{first + place:02d}" for place in range(3))


def failed(clock: Clock, request: int, moment: float) -> bool:
    """Tell whether a request of checkout's got no connection."""
    broken = moment >= clock.exhausted.timestamp()
    return share(21, request) < (ERRORS_AFTER if broken else ERRORS_BEFORE)


def asks(slot: int) -> bool:
    """Tell whether a request of the storefront's asks checkout."""
    return share(26, slot) < ASKING


def felt(clock: Clock, moment: float) -> bool:
    """Tell whether the pool is empty by then."""
    return moment >= clock.exhausted.timestamp()


def lasted(p95: float, seed: int, slot: int) -> float:
    """Give a request's seconds, so that one in twenty lasts longer than `p95`."""
    return -math.log(1 - share(seed, slot)) * p95 / TWENTIETH


@dataclass(frozen=True)
class Service:
    """A service of the shop: what it writes of a request."""

    name: str
    clock: Clock

    def write(self, slot: int, moment: float) -> Line:
        """Write a request down as one object."""
        fields: Row = {
            "time": stamp(moment),
            "level": "INFO",
            "service": self.name,
            "version": self._version(moment),
            "pod": f"{self.name}-{slot % 3}",
            "namespace": NAMESPACE,
            "trace_id": trace(slot * 2 if self.name == "web" else slot),
        }
        fields.update(self._outcome(slot, moment))
        return orjson.dumps(fields).decode(), fields

    def _version(self, moment: float) -> str:
        if self.name != CULPRIT:
            return VERSIONS[self.name]
        return AFTER_VERSION if moment >= self.clock.deployed.timestamp() else BEFORE_VERSION

    def _outcome(self, slot: int, moment: float) -> Row:
        if self.name == CULPRIT:
            return self._checkout(slot, moment)
        if self.name == "web" and asks(slot) and failed(self.clock, slot * 2, moment):
            return _outcome(503, WAITED + 0.02, "ERROR", "upstream checkout answered 503")
        p95 = P95_FELT if self.name == "web" and felt(self.clock, moment) else P95[self.name]
        seconds = lasted(p95, sum(map(ord, self.name)), slot)
        said = DOINGS[self.name]
        if share(33, slot) < 0.004:
            return _outcome(404, seconds, "WARN", "not found")
        return _outcome(200, seconds, "INFO", said[mix(34, slot) % len(said)])

    def _checkout(self, slot: int, moment: float) -> Row:
        full, begun = self.clock.exhausted.timestamp(), self.clock.deployed.timestamp()
        if failed(self.clock, slot, moment):
            if moment >= full:
                return _outcome(503, WAITED + share(22, slot) / 5, "ERROR", MESSAGE)
            return _outcome(500, 0.4, "ERROR", "payment service answered 500, gave up after 3")
        if begun <= moment < full and share(23, slot) < 0.1:
            used = round(POOL * (moment - begun) / (full - begun))
            said = f"connection pool filling: {used} of {POOL} in use"
            return _outcome(200, lasted(P95_BEFORE, 24, slot), "WARN", said)
        said = DOINGS[CULPRIT][mix(25, slot) % 3]
        seconds = lasted(P95_AFTER if moment >= full else P95_BEFORE, 24, slot)
        return _outcome(200, seconds, "INFO", said)


def _outcome(status: int, seconds: float, level: str, message: str) -> Row:
    milliseconds = max(1, round(seconds * 1000))
    return {"status": status, "duration_ms": milliseconds, "level": level, "message": message}


@dataclass(frozen=True)
class Access:
    """The storefront's access log, in the combined format with the time taken at its end."""

    clock: Clock

    def write(self, slot: int, moment: float) -> Line:
        """Write a request down as one line."""
        page = "/checkout" if asks(slot) else PAGES[mix(41, slot) % len(PAGES)]
        broken = asks(slot) and failed(self.clock, slot * 2, moment)
        p95 = P95_FELT if felt(self.clock, moment) else P95["web"]
        fields: Row = {
            "clientip": f"192.0.2.{mix(42, slot) % 254 + 1}",
            "method": "POST" if page == "/checkout" else "GET",
            "uri_path": page,
            "status": 503 if broken else 200,
            "bytes": 312 if broken else 900 + mix(43, slot) % 60_000,
            "useragent": AGENTS[mix(44, slot) % len(AGENTS)],
            "duration_ms": 2020 if broken else max(1, round(lasted(p95, 45, slot) * 1000)),
        }
        at = stamp(moment)
        raw = (
            f"{fields['clientip']} - - [{at}] "
            f'"{fields["method"]} {page} HTTP/1.1" {fields["status"]} {fields["bytes"]} "-" '
            f'"{fields["useragent"]}" {fields["duration_ms"]}'
        )
        return raw, fields


def sources(clock: Clock) -> tuple[Source, ...]:
    """Give what the index `shop` is fed by, but for the nasty lines."""
    began = (clock.now - HISTORY).timestamp()
    services = [
        Steady(
            Place("shop", JSON, f"/var/log/pods/shop/{name}.log", hosts(name)),
            began,
            period,
            100 + place,
            Service(name, clock).write,
        )
        for place, (name, period) in enumerate(PERIODS.items())
    ]
    place = Place("shop", "access_combined", "/var/log/nginx/access.log", hosts("web"))
    return (*services, Steady(place, began, 1.0, 120, Access(clock).write))
