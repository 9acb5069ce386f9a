"""The catalogue: every observability tool, by hand, in reading order."""

from bailiwick.tool import ToolSpec
from bailiwick_observability.tools.annotate_dashboard import annotate_dashboard
from bailiwick_observability.tools.comment_problem import comment_problem
from bailiwick_observability.tools.draw_chart import draw_chart
from bailiwick_observability.tools.expire_silence import expire_silence
from bailiwick_observability.tools.explain_alert import explain_alert
from bailiwick_observability.tools.explain_cardinality import explain_cardinality
from bailiwick_observability.tools.explain_problem import explain_problem
from bailiwick_observability.tools.list_alerts import list_alerts
from bailiwick_observability.tools.list_log_sources import list_log_sources
from bailiwick_observability.tools.list_problems import list_problems
from bailiwick_observability.tools.list_slos import list_slos
from bailiwick_observability.tools.list_sources import list_sources
from bailiwick_observability.tools.list_targets import list_targets
from bailiwick_observability.tools.preview_silence import preview_silence
from bailiwick_observability.tools.query_entities import query_entities
from bailiwick_observability.tools.query_metrics import query_metrics
from bailiwick_observability.tools.query_panel import query_panel
from bailiwick_observability.tools.read_dashboard import read_dashboard
from bailiwick_observability.tools.read_timeline import read_timeline
from bailiwick_observability.tools.search_dashboards import search_dashboards
from bailiwick_observability.tools.search_logs import search_logs
from bailiwick_observability.tools.search_metrics import search_metrics
from bailiwick_observability.tools.silence_alerts import silence_alerts

TOOLS: tuple[ToolSpec, ...] = (
    list_sources,
    query_metrics,
    search_metrics,
    explain_cardinality,
    list_targets,
    list_alerts,
    explain_alert,
    search_logs,
    list_log_sources,
    list_problems,
    explain_problem,
    query_entities,
    list_slos,
    search_dashboards,
    read_dashboard,
    query_panel,
    read_timeline,
    draw_chart,
    preview_silence,
    silence_alerts,
    expire_silence,
    annotate_dashboard,
    comment_problem,
)
