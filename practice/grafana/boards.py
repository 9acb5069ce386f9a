"""The dashboards that people of the pretend enterprise look at."""

from practice import incident
from practice.grafana.panels import (
    MIXED,
    SAME,
    SQL,
    Json,
    dashboard,
    options,
    panel,
    target,
    variable,
)

HOME, HOSTS, RESOURCE = "home", "hosts", "requests-v2"
_OURS = 'service="$service",region=~"$region"'
_LATENCY = (
    "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket"
    f"{{{_OURS}}}[$__rate_interval])))"
)
_ERRORS = (
    f'sum(rate(http_requests_total{{{_OURS},code=~"5.."}}[$interval]))'
    f" / sum(rate(http_requests_total{{{_OURS}}}[$interval]))"
)
_CODES = f"sum by (code) (rate(http_requests_total{{{_OURS}}}[$__rate_interval]))"


def shop() -> Json:
    """Show what went wrong: latency, errors, the pool, requests by code."""
    used = 'db_pool_connections{service="$service",state="used"}'
    most = 'db_pool_connections{service="$service",state="max"}'
    panels = [
        panel(1, "Latency p95", [target(_LATENCY, "p95")], "s", 0.5, 1),
        panel(2, "Errors", [target(_ERRORS, "5xx")], "percentunit", 0.01, 0.05),
        panel(
            3,
            "Database connections",
            [target(used, "used"), target(most, "max", "B")],
            "short",
            0.8 * incident.POOL,
            incident.POOL,
            description=f"The pool of $service. Runbook: {incident.RUNBOOK}",
        ),
        panel(4, "Requests by code", [target(_CODES, "{{code}}")], "reqps"),
        panel(5, "Version", [target('app_info{service="$service"}', "{{version}}")], "short"),
    ]
    services = f'label_values(http_requests_total{{namespace="{incident.NAMESPACE}"}}, service)'
    asked = {
        "query": services,
        "refId": "PrometheusVariableQueryEditor-VariableQuery",
        "qryType": 1,
    }
    steps = ("1m", "5m", "10m", "1h")
    variables = [
        variable("service", "query", asked, incident.CULPRIT, options=[], refresh=1, regex=""),
        variable(
            "region",
            "custom",
            "eu,us",
            ["$__all"],
            includeAll=True,
            multi=True,
            options=options([], "eu", "us"),
        ),
        variable("interval", "interval", ",".join(steps), "5m", options=options(["5m"], *steps)),
    ]
    tags = ["shop", "slo"]
    return dashboard(
        incident.DASHBOARD, "Shop / Checkout", panels, variables, tags=tags, version=17
    )


def hosts() -> Json:
    """Show the machines."""
    load = (
        "100 * (1 - avg by (instance) (rate(node_cpu_seconds_total"
        '{mode="idle",instance=~"$host"}[$__rate_interval])))'
    )
    modes = 'sum by (mode) (rate(node_cpu_seconds_total{instance=~"$host"}[5m]))'
    panels = [
        panel(1, "CPU used", [target(load, "{{instance}}")], "percent", 80, 95, repeat="host"),
        panel(2, "CPU by mode", [target(modes, "{{mode}}")], ""),
    ]
    asked = "label_values(node_cpu_seconds_total, instance)"
    every = {"includeAll": True, "multi": True, "allValue": ".*", "regex": "/^node-/"}
    variables = [variable("host", "query", asked, "$__all", **every)]
    return dashboard(HOSTS, "Host overview", panels, variables, tags=["hosts"], version=4)


def home() -> Json:
    """Show a bit of everything: rows open and collapsed, a library panel, mixed sources, a sum."""
    total = 'sum(rate(http_requests_total{namespace="shop"}[$__rate_interval]))'
    failed = 'sum(rate(http_requests_total{namespace="shop",code=~"5.."}[$__rate_interval]))'
    summed = {"refId": "C", "type": "math", "expression": "$B / $A"}
    share = [
        target(total, ref="A", hide=True),
        target(failed, ref="B", hide=True),
        {**summed, "datasource": {"type": "__expr__", "uid": "__expr__"}},
    ]
    query = "SELECT date_trunc('minute', at) AS time, count(*) FROM orders GROUP BY 1"
    mixed = [
        target(total, "requests"),
        {"refId": "B", "rawSql": query, "format": "time_series", "datasource": SQL},
    ]
    again = {"refId": "A", "panelId": 2, "datasource": {"type": "datasource", "uid": SAME}}
    collapsed = panel(6, "Series of cart", [target("count(cart_events_total)")], "short")
    panels: list[Json] = [
        {"id": 1, "type": "row", "title": "Shop", "collapsed": False, "panels": []},
        panel(2, "Requests", [target(total)], "reqps"),
        panel(3, "Share of errors", share, "percentunit", 0.01),
        panel(4, "Requests and orders", mixed, "short", datasource={"uid": MIXED}),
        {"id": 5, "type": "row", "title": "Cart", "collapsed": True, "panels": [collapsed]},
        {"id": 7, "type": "row", "title": "More", "collapsed": False, "panels": []},
        {"id": 8, "title": "Errors", "libraryPanel": {"uid": "lib-errors", "name": "Errors"}},
        {"id": 9, "type": "stat", "title": "Now", "datasource": {"uid": SAME}, "targets": [again]},
        {"id": 10, "type": "text", "title": "", "options": {"content": "# Welcome"}},
    ]
    return dashboard(HOME, "Home", panels, tags=["home"])


def resource() -> Json:
    """Show a dashboard that is kept in the newer layout only."""
    asked = {"kind": "DataQuery", "group": "prometheus", "version": "v0"}
    question = 'sum by (service) (rate(http_requests_total{region="$region"}[$__rate_interval]))'
    spec = {"expr": question, "legendFormat": "{{service}}"}
    query = {**asked, "datasource": {"name": "prom-eu"}, "spec": spec}
    shown = {"kind": "PanelQuery", "spec": {"refId": "A", "hidden": False, "query": query}}
    look: Json = {"defaults": {"unit": "reqps"}, "overrides": []}
    element: Json = {
        "id": 1,
        "title": "Requests by service",
        "description": "",
        "links": [],
        "data": {"kind": "QueryGroup", "spec": {"queries": [shown], "transformations": []}},
        "vizConfig": {"kind": "VizConfig", "group": "timeseries", "spec": {"fieldConfig": look}},
    }
    item = {"element": {"kind": "ElementReference", "name": "panel-1"}, "x": 0, "y": 0}
    grid = {"kind": "GridLayout", "spec": {"items": [{"kind": "GridLayoutItem", "spec": item}]}}
    row = {"kind": "RowsLayoutRow", "spec": {"title": "Traffic", "layout": grid}}
    region = variable("region", "custom", "eu,us", "eu", options=options(["eu"], "eu", "us"))
    return {
        "apiVersion": "dashboard.grafana.app/v2beta1",
        "kind": "Dashboard",
        "metadata": {
            "name": RESOURCE,
            "generation": 3,
            "annotations": {"grafana.app/folder": "shop"},
        },
        "spec": {
            "title": "Requests, new layout",
            "tags": ["shop"],
            "elements": {"panel-1": {"kind": "Panel", "spec": element}},
            "layout": {"kind": "RowsLayout", "spec": {"rows": [row]}},
            "variables": [{"kind": "CustomVariable", "spec": region}],
            "timeSettings": {"from": "now-1h", "to": "now", "timezone": "utc"},
        },
    }
