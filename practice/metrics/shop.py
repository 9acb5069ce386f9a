"""What the services expose: requests, latencies, pools, versions, and the bomb of `cart`."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from practice import incident
from practice.metrics.curves import Curve, Flow, Ramp, Ratio, Steps, level
from practice.metrics.series import COARSE, Family, Series, pairs

DEPLOYED = -incident.DEPLOYED.total_seconds()
EXHAUSTED = -incident.EXHAUSTED.total_seconds()
BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the latency buckets in seconds; `+Inf` comes after."""
EXPECTED = (0.035, 0.075, 0.18, 0.37, 0.75, 1.9, 3.5, 8.0)
"""What a request of each bucket took, for the sum."""
OBJECTIVE = 0.995
"""The share of requests that is to succeed."""
WINDOWS = {"5m": 300, "30m": 1_800, "1h": 3_600, "6h": 21_600}
"""Windows of the recorded error ratios, by the name in the rule."""
ANSWERS = (
    ("GET", "200", 0.62, 0.0),
    ("POST", "200", 0.30, 0.0),
    ("GET", "404", 0.08, 0.0),
    ("POST", "500", 0.0, 0.2),
    ("POST", "503", 0.0, 0.8),
)
"""(method, code, share of the good, share of the failed)."""


@dataclass(frozen=True)
class Service:
    """A service before and since the incident: requests a second, p95 in seconds, failed share.

    A p95 must lie in the upper half of its bucket, see `shares`.
    """

    name: str
    rate: float
    p95: tuple[float, float]
    failed: tuple[float, float]
    version: str
    pool: int = 0

    @property
    def namespace(self) -> str:
        """Give its namespace."""
        others = (name for name, found in incident.OTHERS.items() if self.name in found)
        return next(others, incident.NAMESPACE)

    @property
    def identity(self) -> dict[str, str]:
        """Give the labels that all of its series have."""
        place = {"namespace": self.namespace, "region": incident.REGION}
        return {"service": self.name, **place}

    def flow(self, before: float, after: float) -> Flow:
        """Count such a share of the requests; all shares swing alike, so ratios do not swing."""
        swing = 0.15 * self.rate
        steps = ((-math.inf, before), (EXHAUSTED, after))
        rates = tuple((since, share * self.rate, share * swing) for since, share in steps)
        return Flow(rates, phase=self.rate)

    @property
    def requests(self) -> Flow:
        """Count all requests."""
        return self.flow(1.0, 1.0)

    @property
    def failures(self) -> Flow:
        """Count those that answered 5xx."""
        return self.flow(*self.failed)


SERVICES = (
    Service("web", 300, (0.18, 0.9), (0.002, 0.018), "8.2.0"),
    Service(
        incident.CULPRIT,
        120,
        (incident.P95_BEFORE, incident.P95_AFTER),
        (incident.ERRORS_BEFORE, incident.ERRORS_AFTER),
        incident.AFTER_VERSION,
        incident.POOL,
    ),
    Service("cart", 90, (0.08, 0.08), (0.001, 0.001), "5.0.3"),
    Service("payments", 45, (0.21, 0.21), (0.002, 0.002), "2.9.4", 30),
    Service("orders", 60, (0.19, 0.19), (0.001, 0.001), "4.4.0", 40),
    Service("search", 150, (0.08, 0.08), (0.001, 0.001), "1.16.2"),
    Service("ledger", 30, (0.08, 0.08), (0.0005, 0.0005), "6.1.0", 20),
    Service("transfers", 20, (0.2, 0.2), (0.0005, 0.0005), "6.1.0", 20),
)


def shares(p95: float) -> list[float]:
    """Give the cumulative share of each bucket so that `histogram_quantile(0.95)` is exact.

    Nine in ten requests are below the bucket that holds the quantile. Prometheus interpolates in
    that bucket, hence its share; above a half of the bucket's width it stays below 1.
    """
    place = next(index for index, bound in enumerate(BOUNDS) if p95 <= bound)
    lower = BOUNDS[place - 1]
    held = 0.9 + 0.05 * (BOUNDS[place] - lower) / (p95 - lower)
    found = [0.9 * (index + 1) / place for index in range(place)] + [held]
    while len(found) < len(BOUNDS):
        found.append(found[-1] + 0.7 * (1 - found[-1]))
    return [*found, 1.0]


def families(namespace: str) -> tuple[Family, ...]:
    """Give what the collector of a namespace exposes."""
    services = [each for each in SERVICES if each.namespace == namespace]
    found = [
        Family("http_requests_total", "counter", "Requests served.", tuple(_answers(services))),
        Family(
            "http_request_duration_seconds",
            "histogram",
            "Time to answer a request.",
            tuple(_latencies(services)),
        ),
        Family("db_pool_connections", "gauge", "Database connections.", tuple(_pools(services))),
        Family("app_info", "gauge", "The version that runs.", tuple(_versions(services))),
        Family(
            "kube_deployment_status_observed_generation",
            "gauge",
            "The generation observed by the deployment controller.",
            tuple(_generations(services)),
        ),
    ]
    if namespace == incident.NAMESPACE:
        found.append(_bomb(next(each for each in services if each.name == "cart")))
    return tuple(found)


def _answers(services: list[Service]) -> Iterator[Series]:
    for service in services:
        before, after = service.failed
        for method, code, good, bad in ANSWERS:
            answer = pairs({**service.identity, "method": method, "code": code})
            shares = (good * (1 - before) + bad * before, good * (1 - after) + bad * after)
            yield Series(answer, service.flow(*shares), offset=9e5 * service.rate * shares[0])


def _latencies(services: list[Service]) -> Iterator[Series]:
    for service in services:
        before, after = (shares(p95) for p95 in service.p95)
        # All buckets start from the same number of requests, or they would not be cumulative.
        past = 9e5 * service.rate
        for bound, *held in zip([*map(str, BOUNDS), "+Inf"], before, after, strict=True):
            yield Series(
                pairs({**service.identity, "le": bound}),
                service.flow(*held),
                offset=past * held[0],
                suffix="_bucket",
            )
        owned = pairs(service.identity)
        means = (_mean(before), _mean(after))
        total = service.flow(*means)
        yield Series(owned, total, offset=past * means[0], digits=3, suffix="_sum")
        yield Series(owned, service.requests, offset=past, suffix="_count")


def _mean(cumulative: list[float]) -> float:
    widths = (high - low for low, high in zip([0.0, *cumulative[:-1]], cumulative, strict=True))
    return sum(share * seconds for share, seconds in zip(widths, EXPECTED, strict=True))


def _pools(services: list[Service]) -> Iterator[Series]:
    for service in (each for each in services if each.pool):
        used: Curve = Ramp(((0.0, service.pool * 0.3),), swing=service.pool * 0.05)
        if service.name == incident.CULPRIT:
            used = Ramp(((DEPLOYED, 12.0), (EXHAUSTED, service.pool)))
        for state, curve in (("used", used), ("max", level(service.pool))):
            yield Series(pairs({**service.identity, "state": state}), curve)


def _versions(services: list[Service]) -> Iterator[Series]:
    for service in services:
        new = pairs({**service.identity, "version": service.version})
        if service.name != incident.CULPRIT:
            yield Series(new, level(1))
            continue
        old = pairs({**service.identity, "version": incident.BEFORE_VERSION})
        yield Series(old, level(1), died=DEPLOYED)
        yield Series(new, level(1), born=DEPLOYED)


def _generations(services: list[Service]) -> Iterator[Series]:
    for number, service in enumerate(services):
        curve = level(20 + 7 * number)
        if service.name == incident.CULPRIT:
            curve = Steps(((-math.inf, 41), (DEPLOYED, 42)))
        yield Series(pairs({"namespace": service.namespace, "deployment": service.name}), curve)


def _bomb(cart: Service) -> Family:
    """Give the counter that got a label for the session: its series come in ten minutes."""
    events = Flow(((DEPLOYED, 0.02, 0.0),))
    owned = pairs(cart.identity)
    before = Series(owned, cart.requests, scale=0.3, died=DEPLOYED)
    after = (
        Series(
            f'{owned},session_id="{(number * 2_654_435_761) % 2**32:08x}"',
            events,
            scale=0.5 + number % 4 * 0.5,
            born=DEPLOYED + 600 * number / incident.BOMB,
        )
        for number in range(incident.BOMB)
    )
    text = "Things put into and taken from carts."
    return Family("cart_events_total", "counter", text, (before, *after), COARSE)


def recorded() -> Iterator[Family]:
    """Give the series that the recording rules make, so that they too reach back."""
    for name, seconds in WINDOWS.items():
        ratios = tuple(
            Series(pairs(each.identity), Ratio(each.failures, each.requests, seconds), digits=6)
            for each in SERVICES
        )
        yield Family(f"slo:http_errors:ratio_rate{name}", "gauge", "", ratios, COARSE)
    objectives = tuple(
        Series(pairs(each.identity), level(OBJECTIVE), digits=3) for each in SERVICES
    )
    yield Family("slo:http_objective:ratio", "gauge", "", objectives, COARSE)
    # A window of five minutes takes that long to see nothing but slow requests.
    spans = ((EXHAUSTED, 0), (EXHAUSTED + 300, 1))
    latencies = tuple(
        Series(
            pairs(each.identity),
            Ramp(tuple((at, each.p95[place]) for at, place in spans)),
            digits=4,
        )
        for each in SERVICES
    )
    yield Family("service:http_request_duration_seconds:p95_5m", "gauge", "", latencies, COARSE)
