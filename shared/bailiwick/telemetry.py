"""Metrics in the Prometheus format: how many calls, how they ended, how long they took."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


@dataclass(slots=True)
class Meter:
    """The metrics of one process, in a registry of their own."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    calls: Counter = field(init=False)
    seconds: Histogram = field(init=False)
    refusals: Counter = field(init=False)
    ready: Gauge = field(init=False)
    _series: dict[tuple[str, str, str], tuple[Counter, Histogram]] = field(
        default_factory=dict[tuple[str, str, str], tuple[Counter, Histogram]], repr=False
    )

    def __post_init__(self) -> None:
        """Register."""
        self.calls = Counter(
            "bailiwick_calls", "Calls by tool and outcome.", ["server", "tool", "outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "bailiwick_call_seconds", "From the question to the outcome.", ["server", "tool"],
            registry=self.registry,
        )  # fmt: skip
        self.refusals = Counter(
            "bailiwick_door_refusals", "Refused at the door.", ["known"], registry=self.registry
        )
        self.ready = Gauge(
            "bailiwick_ready", "1 when the server accepts calls.", registry=self.registry
        )

    def count(self, server: str, tool: str, outcome: str, milliseconds: float) -> None:
        """Count one call; the series it belongs to is looked up once."""
        key = server, tool, outcome
        if key not in self._series:
            self._series[key] = (
                self.calls.labels(*key),
                self.seconds.labels(server, tool),
            )
        calls, seconds = self._series[key]
        calls.inc()
        seconds.observe(milliseconds / 1000)

    def render(self) -> bytes:
        """Write all metrics as text."""
        return generate_latest(self.registry)
