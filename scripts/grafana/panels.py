"""The panels of the dashboard in reading order, from `is it well?` down to resources."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["stat", "timeseries", "table"]
Steps = Sequence[tuple[float | None, str]]
BAD_ABOVE_0: Steps = ((None, "green"), (1, "red"))
GOOD_ABOVE_0: Steps = ((None, "red"), (1, "green"))
RATIO: Steps = ((None, "green"), (0.05, "orange"), (0.1, "red"))
PLAIN: Steps = ((None, "blue"),)


@dataclass(frozen=True)
class Panel:
    """One picture: what it asks (expression, legend), its unit, and from where on it is bad.

    `only` says when there is data, where a healthy installation has none.
    """

    title: str
    about: str
    asks: Sequence[tuple[str, str]]
    unit: str = "short"
    kind: Kind = "timeseries"
    width: int = 8
    steps: Steps = ()
    stacked: bool = False
    only: str = ""


def _selected(metric: str, *matchers: str, server: bool = True) -> str:
    """Write a selector within what is chosen at the top of the dashboard."""
    chosen = ('job=~"$job"', *(('server=~"$server"',) if server else ()), *matchers)
    return f"bailiwick_{metric}{{{', '.join(chosen)}}}"


def _whole(metric: str, *matchers: str) -> str:
    """Write one of a metric that a process has, and not each of its servers."""
    return _selected(metric, *matchers, server=False)


def _rate(selector: str) -> str:
    return f"rate({selector}[$__rate_interval])"


def _by(labels: str, selector: str) -> str:
    return f"sum by ({labels}) ({_rate(selector)})"


def _quantile(share: float, histogram: str, labels: str = "", *, server: bool = True) -> str:
    inside = _by(
        f"le{', ' if labels else ''}{labels}", _selected(f"{histogram}_bucket", server=server)
    )
    return f"histogram_quantile({share}, {inside})"


def _share(part: str, whole: str) -> str:
    """Divide; without any call nothing has failed."""
    return f"(sum({_rate(part)}) or vector(0)) / (sum({_rate(whole)}) > 0)"


FAILED = 'outcome=~"error|unknown"'
MUTE = 'outcome=~"failing|no_answer"'
_WELL = (
    Panel(
        "Replicas", "Processes that Prometheus hears from.",
        [(f"count({_whole('build_info')})", "replicas")],
        kind="stat", width=3, steps=GOOD_ABOVE_0,
    ),
    Panel(
        "Not ready", "Processes that take no calls: their /readyz says why.",
        [(f"sum(1 - {_whole('ready')})", "not ready")],
        kind="stat", width=3, steps=BAD_ABOVE_0,
    ),
    Panel(
        "Journals that refuse", "Where nothing can be written down, nothing is done.",
        [(f"sum(1 - {_whole('journal_ready')})", "journals")],
        kind="stat", width=3, steps=BAD_ABOVE_0,
    ),
    Panel(
        "Degraded", "Processes that cannot reach what replicas share: they refuse changes.",
        [(f"sum({_whole('degraded')})", "processes")],
        kind="stat", width=3, steps=BAD_ABOVE_0,
    ),
    Panel(
        "Policy not taken", "Processes that keep the last good policy: changed files do not fit.",
        [(f"sum({_whole('policy_rejected')})", "processes")],
        kind="stat", width=3, steps=BAD_ABOVE_0,
    ),
    Panel(
        "Calls", "Calls a second.", [(f"sum({_rate(_selected('calls_total'))})", "calls")],
        unit="reqps", kind="stat", width=3, steps=PLAIN,
    ),
    Panel(
        "Failed", "Share of the calls that ended as error or unknown.",
        [(_share(_selected("calls_total", FAILED), _selected("calls_total")), "failed")],
        unit="percentunit", kind="stat", width=3, steps=RATIO,
    ),
    Panel(
        "Approvals waiting", "Requests that nobody has decided; replicas that share a store agree.",
        [(f"max({_whole('approvals_waiting')})", "requests")],
        kind="stat", width=3, steps=((None, "green"), (5, "orange")),
    ),
    Panel(
        "Alerts", "Our alerts that fire now.",
        [('ALERTS{alertname=~"Bailiwick.*", alertstate="firing"}', "{{alertname}}")],
        kind="table", width=16, only="an alert fires",
    ),
    Panel(
        "What runs", "Version of each process.",
        [(_whole("build_info"), "{{instance}} {{version}}")], kind="table",
    ),
)  # fmt: skip
_CALLS = (
    Panel(
        "By outcome", "denied and refused are answers; error and unknown are not.",
        [(_by("outcome", _selected("calls_total")), "{{outcome}}")], unit="reqps", stacked=True,
    ),
    Panel(
        "By server and risk", "Changes are few: a burst of them is worth a look at the journal.",
        [(_by("server, risk", _selected("calls_total")), "{{server}} {{risk}}")], unit="reqps",
    ),
    Panel(
        "Busiest tools", "The ten with the most calls.",
        [(f"topk(10, {_by('tool', _selected('calls_total'))})", "{{tool}}")], unit="reqps",
    ),
    Panel(
        "Failures by code", "Codes are those of the manual; `bug` is a defect of ours.",
        [(_by("code", _selected("failures_total")), "{{code}}")], unit="reqps", width=12,
    ),
    Panel(
        "Secrets taken out", "By kind, out of arguments and answers.",
        [(_by("kind, place", _selected("redactions_total")), "{{kind}} in {{place}}")],
        unit="cps", width=12,
    ),
)  # fmt: skip
_LATENCY = (
    Panel(
        "Calls", "From the question to the record of its outcome.",
        [(_quantile(share, "call_seconds"), f"p{share * 100:g}") for share in (0.5, 0.95, 0.99)],
        unit="s",
    ),
    Panel(
        "Stages, p95", "`tool` is mostly the upstream; `approval` waits for a person.",
        [(_quantile(0.95, "stage_seconds", "stage"), "{{stage}}")], unit="s",
    ),
    Panel(
        "Where the time goes", "Seconds spent in each stage, a second.",
        [(_by("stage", _selected("stage_seconds_sum")), "{{stage}}")], unit="s", stacked=True,
    ),
    Panel(
        "Slowest tools, p95", "The ten slowest.",
        [(f"topk(10, {_quantile(0.95, 'call_seconds', 'tool')})", "{{tool}}")], unit="s", width=24,
    ),
)  # fmt: skip
_SAID_NO = (
    Panel(
        "Waiting", "Requests without a decision, and how old the oldest is.",
        [
            (f"max({_whole('approvals_waiting')})", "requests"),
            (f"max({_whole('approvals_oldest_seconds')})", "age of the oldest in seconds"),
        ],
    ),
    Panel(
        "Asked and used", "Approvals that calls asked for, and used up.",
        [(_by("server, event", _selected("approvals_total")), "{{server}} {{event}}")], unit="cps",
    ),
    Panel(
        "Denied by rule", "`no-policy`: no rule permits it. `scopes`: the token's do not.",
        [(_by("rule, tool", _selected("denials_total")), "{{rule}}: {{tool}}")], unit="cps",
    ),
    Panel(
        "Refused at the door", "`known` callers sent something wrong; others had no good token.",
        [(_by("known", _whole("door_refusals_total")), "known: {{known}}")], unit="cps", width=12,
    ),
    Panel(
        "Policy in force", "Replicas of one installation should agree.",
        [(f"count by (bundle) ({_whole('policy_info')})", "{{bundle}}")], kind="table", width=12,
    ),
)  # fmt: skip
_JOURNAL = (
    Panel(
        "Sync", "How long the disk takes to make records durable. A change waits for one.",
        [
            (_quantile(share, "journal_fsync_seconds", server=False), f"p{share * 100:g}")
            for share in (0.5, 0.99)
        ],
        unit="s", steps=((None, "green"), (0.25, "red")),
    ),
    Panel(
        "Not yet durable", "What a power cut would cost now: the age of the oldest such record.",
        [(_whole("journal_lag_seconds"), "{{instance}}")], unit="s",
    ),
    Panel(
        "Records", "Written, and refused.",
        [
            (f"sum({_rate(_whole('journal_records_total'))})", "written"),
            (f"sum({_rate(_whole('journal_refused_total'))})", "refused"),
        ],
        unit="cps",
    ),
    Panel(
        "Pending records", "Records handed to the kernel and not yet synced.",
        [(_whole("journal_pending_records"), "{{instance}}")], width=6,
    ),
    Panel(
        "Streams begun", "More than one: the disk failed, and the journal went on in a new stream.",
        [(_whole("journal_streams"), "{{instance}}")], width=6,
    ),
    Panel(
        "Not yet searchable", "Records that the shared index does not have yet.",
        [(_whole("index_pending_records"), "{{instance}}")], width=6,
    ),
    Panel(
        "Room on its disk", "When it is full, new calls are refused.",
        [(_whole("journal_free_bytes"), "{{instance}}")], unit="bytes", width=6,
    ),
)  # fmt: skip
_UPSTREAMS = (
    Panel(
        "Requests", "By upstream and what came of them.",
        [
            (
                _by("upstream, outcome", _whole("upstream_requests_total")),
                "{{upstream}} {{outcome}}",
            )
        ],
        unit="reqps",
    ),
    Panel(
        "Without a good answer", "Share of requests that failed with 5xx, or got no answer.",
        [
            (
                f"{_by('upstream', _whole('upstream_requests_total', MUTE))} / "
                + _by("upstream", _whole("upstream_requests_total")),
                "{{upstream}}",
            )
        ],
        unit="percentunit", steps=RATIO,
    ),
    Panel(
        "Until an answer begins, p95", "By upstream.",
        [(_quantile(0.95, "upstream_seconds", "upstream", server=False), "{{upstream}}")], unit="s",
    ),
)  # fmt: skip
_LIMITS = (
    Panel(
        "Over budget", "Calls refused: too many a minute, or too many at once.",
        [(_by("risk, why", _whole("limits_refused_total")), "{{risk}} {{why}}")],
        unit="cps", width=12,
    ),
    Panel(
        "Under way", "Calls at this moment.",
        [(f"sum by (server) ({_selected('in_flight')})", "{{server}}")], width=12,
    ),
)  # fmt: skip
_RESOURCES = (
    Panel(
        "CPU", "Cores in use. One process uses one at most.",
        [('rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])', "{{instance}}")],
    ),
    Panel(
        "Memory", "Resident.",
        [('process_resident_memory_bytes{job=~"$job"}', "{{instance}}")], unit="bytes",
    ),
    Panel(
        "Open files", "Connections among them.",
        [('process_open_fds{job=~"$job"}', "{{instance}}")],
    ),
    Panel(
        "Running for", "Since the start.",
        [('time() - process_start_time_seconds{job=~"$job"}', "{{instance}}")], unit="s", width=12,
    ),
    Panel(
        "Spans", "Sent to the collector, and lost because it is away.",
        [(_by("outcome", _whole("trace_spans_total")), "{{outcome}}")], unit="cps", width=12,
        only="`telemetry.traces` is set",
    ),
)  # fmt: skip
ROWS: dict[str, Sequence[Panel]] = {
    "Is it well?": _WELL,
    "Calls": _CALLS,
    "Latency": _LATENCY,
    "Approvals, policy and the door": _SAID_NO,
    "Journal": _JOURNAL,
    "Upstreams": _UPSTREAMS,
    "Limits": _LIMITS,
    "Resources": _RESOURCES,
}
