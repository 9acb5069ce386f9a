"""Metrics in the Prometheus format: what came, how it ended, how long each stage took.

Labels are names that we or the operator gave: servers, tools, stages, codes, rules, upstreams.
None is a caller's, so their number is bounded by the configuration.
"""

import platform
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bailiwick import __version__

_SHORT = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)
_LONG = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
BOUNDS = (*_SHORT, *_LONG)
"""Seconds: a policy takes a tenth of a millisecond, a rollout half a minute."""
_TEXTS = tuple(f"{bound:g}" for bound in BOUNDS)


class Tally:
    """A histogram of one series. Every call adds to several, so it costs a sixth of the package's.

    It is added to in the event loop's thread alone, so it takes no lock; another may read it.
    """

    __slots__ = ("counts", "total")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds


class Tallies(Collector):
    """The series of one histogram, by their labels' values."""

    def __init__(self, name: str, text: str, labels: Iterable[str]) -> None:
        """Begin with no series."""
        self.name, self.text, self.labels = name, text, tuple(labels)
        self.series: dict[tuple[str, ...], Tally] = {}

    def add(self, key: tuple[str, ...], seconds: float) -> None:
        """Count one in a series."""
        found = self.series.get(key)
        if found is None:
            found = self.series[key] = Tally()
        found.add(seconds)

    def collect(self) -> Iterator[Metric]:
        """Give all series."""
        family = HistogramMetricFamily(self.name, self.text, labels=self.labels)
        for key, tally in list(self.series.items()):
            buckets = list(zip((*_TEXTS, "+Inf"), accumulate(tally.counts[:]), strict=True))
            family.add_metric(key, buckets, tally.total)
        yield family


@dataclass(slots=True)
class Meter:
    """The metrics of one process, in a registry of their own."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    calls: Counter = field(init=False)
    call_seconds: Tallies = field(init=False)
    stages: Tallies = field(init=False)
    flying: Gauge = field(init=False)
    failures: Counter = field(init=False)
    denials: Counter = field(init=False)
    limited: Counter = field(init=False)
    redactions: Counter = field(init=False)
    refusals: Counter = field(init=False)
    upstream: Counter = field(init=False)
    upstream_seconds: Tallies = field(init=False)
    approvals: Counter = field(init=False)
    waiting: Gauge = field(init=False)
    oldest: Gauge = field(init=False)
    store: Gauge = field(init=False)
    records: Counter = field(init=False)
    unrecorded: Counter = field(init=False)
    fsyncs: Tallies = field(init=False)
    journal: Gauge = field(init=False)
    behind: Gauge = field(init=False)
    lag: Gauge = field(init=False)
    streams: Gauge = field(init=False)
    room: Gauge = field(init=False)
    policy: Gauge = field(init=False)
    broken: Gauge = field(init=False)
    sent: Counter = field(init=False)
    ready: Gauge = field(init=False)
    degraded: Gauge = field(init=False)
    unindexed: Gauge = field(init=False)
    _stages: dict[str, dict[str, Tally]] = field(
        default_factory=dict[str, dict[str, Tally]], repr=False
    )
    _flying: dict[str, int] = field(default_factory=dict[str, int], repr=False)
    _children: dict[tuple[str, ...], Counter] = field(
        default_factory=dict[tuple[str, ...], Counter], repr=False
    )

    def __post_init__(self) -> None:
        """Register."""
        self._register_calls()
        self._register_road()
        self._register_journal()
        self._register_process()

    def _register_calls(self) -> None:
        self.calls = self._counter(
            "bailiwick_calls", "Calls by tool, risk and outcome.", "server tool risk outcome"
        )
        self.call_seconds = self._tallies(
            "bailiwick_call_seconds", "From the question to the outcome.", "server tool"
        )
        self.failures = self._counter(
            "bailiwick_failures", "Calls that did not succeed, by our code.", "server code"
        )
        self.denials = self._counter(
            "bailiwick_denials", "Calls that the policy denied, by its rule.", "server tool rule"
        )
        self.redactions = self._counter(
            "bailiwick_redactions", "Secrets taken out, by kind and place.", "server kind place"
        )
        self.refusals = self._counter("bailiwick_door_refusals", "Refused at the door.", "known")
        self.flying = self._gauge("bailiwick_in_flight", "Calls under way.", "server")

    def _register_road(self) -> None:
        self.stages = self._tallies(
            "bailiwick_stage_seconds", "Time in each stage of the road.", "server stage"
        )
        self.limited = self._counter(
            "bailiwick_limits_refused", "Calls over budget: by rate or in flight.", "risk why"
        )
        self.upstream = self._counter(
            "bailiwick_upstream_requests",
            "Requests by what came of them.",
            "server upstream outcome",
        )
        self.upstream_seconds = self._tallies(
            "bailiwick_upstream_seconds", "Until an answer began.", "server upstream"
        )
        self.approvals = self._counter(
            "bailiwick_approvals", "Approvals asked for and used by calls.", "server event"
        )
        self.waiting = self._gauge(
            "bailiwick_approvals_waiting", "Requests that nobody has decided.", ""
        )
        self.oldest = self._gauge(
            "bailiwick_approvals_oldest_seconds", "Age of the oldest of them.", ""
        )
        self.store = self._gauge("bailiwick_approvals_ready", "1 while their store answers.", "")

    def _register_journal(self) -> None:
        self.records = self._counter("bailiwick_journal_records", "Records written.", "")
        self.unrecorded = self._counter("bailiwick_journal_refused", "Records refused.", "")
        self.fsyncs = self._tallies("bailiwick_journal_fsync_seconds", "Time of a sync.", "")
        self.journal = self._gauge("bailiwick_journal_ready", "1 while it takes records.", "")
        self.behind = self._gauge(
            "bailiwick_journal_pending_records", "Records not yet on the platter.", ""
        )
        self.lag = self._gauge("bailiwick_journal_lag_seconds", "Age of the oldest of them.", "")
        self.streams = self._gauge(
            "bailiwick_journal_streams",
            "Streams begun by this process: 1, and 1 for each break.",
            "",
        )
        self.room = self._gauge("bailiwick_journal_free_bytes", "Left on its disk.", "")

    def _register_process(self) -> None:
        self.ready = self._gauge("bailiwick_ready", "1 when the server accepts calls.", "")
        self.degraded = self._gauge(
            "bailiwick_degraded", "1 while what replicas share is away: changes are refused.", ""
        )
        self.unindexed = self._gauge(
            "bailiwick_index_pending_records", "Records that the index lacks.", ""
        )
        self.policy = self._gauge("bailiwick_policy_info", "The policy in force.", "bundle")
        self.broken = self._gauge(
            "bailiwick_policy_rejected", "1 while changed policy files are not taken.", ""
        )
        self.sent = self._counter("bailiwick_trace_spans", "Spans sent or lost.", "outcome")
        build = self._gauge("bailiwick_build_info", "What runs here.", "version python")
        build.labels(__version__, platform.python_version()).set(1)
        ProcessCollector(registry=self.registry)

    def _counter(self, name: str, text: str, labels: str) -> Counter:
        return Counter(name, text, labels.split(), registry=self.registry)

    def _gauge(self, name: str, text: str, labels: str) -> Gauge:
        return Gauge(name, text, labels.split(), registry=self.registry)

    def _tallies(self, name: str, text: str, labels: str) -> Tallies:
        made = Tallies(name, text, labels.split())
        self.registry.register(made)
        return made

    def count(self, server: str, tool: str, risk: str, outcome: str, milliseconds: float) -> None:
        """Count one call; the series it belongs to is looked up once."""
        key = server, tool, risk, outcome
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self.calls.labels(*key)
        child.inc()
        self.call_seconds.add((server, tool), milliseconds / 1000)

    def stage(self, server: str, name: str, seconds: float) -> None:
        """Add the time of a stage, the first time that this server has been in it."""
        key = server, name
        self.stages.add(key, seconds)
        self.stages_of(server)[name] = self.stages.series[key]

    def stages_of(self, server: str) -> dict[str, Tally]:
        """Return the series of one server's stages, by stage, to add to."""
        return self._stages.setdefault(server, {})

    def answered(self, server: str, system: str, seconds: float) -> None:
        """Add the time until an upstream began to answer."""
        self.upstream_seconds.add((server, system), seconds)

    def synced(self, seconds: float) -> None:
        """Add the time of a sync of the journal."""
        self.fsyncs.add((), seconds)

    def redacted(self, server: str, place: str, counts: Mapping[str, int]) -> None:
        """Count what was taken out of the arguments, or of the answer."""
        for kind, count in counts.items():
            self.redactions.labels(server, kind, place).inc(count)

    def begun(self, server: str) -> None:
        """Count a call that begins."""
        self._flying[server] = self._flying.get(server, 0) + 1

    def over(self, server: str) -> None:
        """Count a call that ends."""
        self._flying[server] -= 1

    def spans(self, outcome: str, spans: int) -> None:
        """Count spans; from any thread."""
        self.sent.labels(outcome).inc(spans)

    def render(self) -> bytes:
        """Write all metrics as text; may be called in a thread of its own."""
        for server, calls in list(self._flying.items()):
            self.flying.labels(server).set(calls)
        return generate_latest(self.registry)
