"""The questions whose real answers the pages of the tools show, one dialogue a tool.

`{pod}`, `{plan}` and the like are filled in while asking: `examples.py` does that, and records.
"""

from collections.abc import Mapping
from typing import Any

from practice import incident

Question = tuple[str, dict[str, Any]]
"""A tool, and its arguments."""
APPROVE = "approve"
"""No tool: bo approves what was asked for."""
SPACE = "store"
"""A namespace of the examples' own."""
CHART = "{charts}/greeting"
_IN: dict[str, Any] = {"cluster": "practice", "namespace": SPACE}
_THERE: dict[str, Any] = {"cluster": "practice", "namespace": "bank"}
_NODE: dict[str, Any] = {"cluster": "practice", "node": SPACE}
_HELLO: dict[str, Any] = {**_IN, "release": "hello"}
_EU: dict[str, Any] = {"source": "metrics-eu"}
_LOGS, _PROBLEMS, _BOARDS, _ALERTS = (
    {"source": f"{name}-eu"} for name in ("logs", "problems", "boards", "alerts")
)
_BOARD: dict[str, Any] = {**_BOARDS, "dashboard": incident.DASHBOARD}
_DO: dict[str, Any] = {"dry_run": False}
_BY_SERVICE = "sum by (service) (rate(http_requests_total[5m]))"
_PATCH = "spec: {template: {spec: {containers: [{name: app, image: 'web:2'}]}}}"
_LATENCY = ["alertname=CheckoutLatencyHigh"]
_RUNBOOK: dict[str, Any] = {"collection": "runbooks", "document": "checkout/latency.md"}

CLUSTER: Mapping[str, tuple[Question, ...]] = {
    "list_clusters": (("list_clusters", {}),),
    "diagnose_cluster": (("diagnose_cluster", _IN),),
    "diagnose_workload": (("diagnose_workload", {**_IN, "workload": "api"}),),
    "list_resources": (("list_resources", {**_IN, "kind": "pods"}),),
    "read_resource": (("read_resource", {**_IN, "kind": "deploy", "name": "web"}),),
    "read_logs": (("read_logs", {**_IN, "name": "web", "kind": "Deployment"}),),
    "explain_kind": (
        ("explain_kind", {"cluster": "practice", "kind": "deploy", "field": "spec.strategy"}),
    ),
    "list_events": (("list_events", {**_IN, "name": "api", "type": "warning"}),),
    "query_usage": (("query_usage", {**_THERE, "by": "workload"}),),
    "list_releases": (("list_releases", _IN),),
    "read_release": (("read_release", _HELLO),),
    "explain_access": (
        ("explain_access", {**_IN, "subject": "me", "verb": "delete", "resource": "pods"}),
        (
            "explain_access",
            {"cluster": "practice", "subject": "me", "verb": "delete", "resource": "nodes"},
        ),
    ),
    "explain_traffic": (
        ("explain_traffic", {**_IN, "to": "svc/web", "port": "80", "source": "bank"}),
    ),
    "preview_change": (
        ("preview_change", {**_IN, "kind": "Deployment", "name": "web", "patch": _PATCH}),
    ),
    "apply_change": (
        ("apply_change", {"plan": "{plan}"}),
        (APPROVE, {}),
        ("apply_change", {"plan": "{plan}"}),
    ),
    "scale_workload": (
        ("scale_workload", {**_IN, "workload": "web", "replicas": 3}),
        ("scale_workload", {**_IN, "workload": "web", "replicas": 3, **_DO}),
    ),
    "restart_workload": (
        ("restart_workload", {**_IN, "workload": "web"}),
        ("restart_workload", {**_IN, "workload": "web", **_DO}),
    ),
    "rollback_workload": (("rollback_workload", {**_IN, "workload": "old"}),),
    "install_release": (
        ("install_release", {**_IN, "release": "bonjour", "chart": CHART}),
        ("install_release", {**_IN, "release": "bonjour", "chart": CHART, **_DO}),
    ),
    "upgrade_release": (
        ("upgrade_release", {**_HELLO, "chart": CHART, "values": "replicas: 3"}),
        ("upgrade_release", {**_HELLO, "chart": CHART, "values": "replicas: 3", **_DO}),
    ),
    "rollback_release": (("rollback_release", _HELLO),),
    "cordon_node": (("cordon_node", _NODE),),
    "delete_resource": (
        ("delete_resource", {**_IN, "kind": "Deployment", "name": "old"}),
        ("delete_resource", {**_IN, "kind": "Deployment", "name": "old", **_DO}),
    ),
    "drain_node": (("drain_node", _NODE),),
    "uninstall_release": (("uninstall_release", _HELLO),),
    "run_command": (
        ("run_command", {**_IN, "pod": "{pod}", "program": "sh"}),
        ("run_command", {**_IN, "pod": "{pod}", "program": "df", "arguments": ["-h"]}),
    ),
}
OBSERVABILITY: Mapping[str, tuple[Question, ...]] = {
    "list_sources": (("list_sources", {}),),
    "query_metrics": (("query_metrics", {**_EU, "query": _BY_SERVICE, "start": "-3h"}),),
    "search_metrics": (("search_metrics", {**_EU, "metric": "http_requests_total"}),),
    "explain_cardinality": (("explain_cardinality", _EU),),
    "list_targets": (("list_targets", _EU),),
    "list_alerts": (("list_alerts", _EU),),
    "explain_alert": (("explain_alert", {**_EU, "alert": "CheckoutLatencyHigh"}),),
    "search_logs": (
        ("search_logs", {**_LOGS, "query": "index=shop level=ERROR", "start": "-2h"}),
        ("search_logs", {**_LOGS, "query": "index=shop level=ERROR | delete"}),
    ),
    "list_log_sources": (("list_log_sources", _LOGS),),
    "list_problems": (("list_problems", _PROBLEMS),),
    "explain_problem": (("explain_problem", {**_PROBLEMS, "problem": incident.PROBLEM}),),
    "query_entities": (("query_entities", {**_PROBLEMS, "kind": "SERVICE"}),),
    "list_slos": (("list_slos", {}),),
    "search_dashboards": (("search_dashboards", {**_BOARDS, "text": "checkout"}),),
    "read_dashboard": (("read_dashboard", _BOARD),),
    "query_panel": (("query_panel", {**_BOARD, "panel": 1}),),
    "read_timeline": (("read_timeline", {"text": incident.CULPRIT, "start": "-5h"}),),
    "draw_chart": (("draw_chart", {**_EU, "query": _BY_SERVICE}),),
    "preview_silence": (("preview_silence", {**_ALERTS, "matching": _LATENCY}),),
    "silence_alerts": (
        ("silence_alerts", {**_ALERTS, "matching": _LATENCY, "reason": "rolling back"}),
        ("silence_alerts", {**_ALERTS, "matching": _LATENCY, "reason": "rolling back", **_DO}),
    ),
    "expire_silence": (("expire_silence", {**_ALERTS, "silence": "{silence}"}),),
    "annotate_dashboard": (
        ("annotate_dashboard", {**_BOARD, "text": "checkout 3.7.2 rolled back"}),
    ),
    "comment_problem": (
        ("comment_problem", {**_PROBLEMS, "problem": incident.PROBLEM, "text": "rolled back"}),
    ),
}
RETRIEVAL: Mapping[str, tuple[Question, ...]] = {
    "list_collections": (("list_collections", {}),),
    "list_documents": (("list_documents", {"collection": "runbooks"}),),
    "search_documents": (
        ("search_documents", {"query": "may I roll back without approval?", "limit": 2}),
    ),
    "read_document": (("read_document", {**_RUNBOOK, "view": "outline"}),),
    "search_runbooks": (("search_runbooks", {"alert": "CheckoutLatencyHigh"}),),
    "explain_search": (("explain_search", {"query": "checkout is slow", **_RUNBOOK}),),
    "refresh_collection": (
        ("refresh_collection", {"collection": "runbooks"}),
        ("refresh_collection", {"collection": "runbooks", **_DO}),
    ),
}
BEGINNING = frozenset({"read_timeline"})
"""Tools whose first line is told up to its comma: what follows depends on when the ground began."""
EXAMPLES: Mapping[str, Mapping[str, tuple[Question, ...]]] = {
    "cluster": CLUSTER,
    "observability": OBSERVABILITY,
    "retrieval": RETRIEVAL,
}
