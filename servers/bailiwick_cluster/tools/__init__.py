"""The catalogue: every cluster tool, by hand, in reading order."""

from bailiwick.tool import ToolSpec
from bailiwick_cluster.tools.apply_change import apply_change
from bailiwick_cluster.tools.cordon_node import cordon_node
from bailiwick_cluster.tools.delete_resource import delete_resource
from bailiwick_cluster.tools.diagnose_cluster import diagnose_cluster
from bailiwick_cluster.tools.diagnose_workload import diagnose_workload
from bailiwick_cluster.tools.drain_node import drain_node
from bailiwick_cluster.tools.explain_access import explain_access
from bailiwick_cluster.tools.explain_kind import explain_kind
from bailiwick_cluster.tools.explain_traffic import explain_traffic
from bailiwick_cluster.tools.install_release import install_release
from bailiwick_cluster.tools.list_clusters import list_clusters
from bailiwick_cluster.tools.list_events import list_events
from bailiwick_cluster.tools.list_releases import list_releases
from bailiwick_cluster.tools.list_resources import list_resources
from bailiwick_cluster.tools.preview_change import preview_change
from bailiwick_cluster.tools.query_usage import query_usage
from bailiwick_cluster.tools.read_logs import read_logs
from bailiwick_cluster.tools.read_release import read_release
from bailiwick_cluster.tools.read_resource import read_resource
from bailiwick_cluster.tools.restart_workload import restart_workload
from bailiwick_cluster.tools.rollback_release import rollback_release
from bailiwick_cluster.tools.rollback_workload import rollback_workload
from bailiwick_cluster.tools.run_command import run_command
from bailiwick_cluster.tools.scale_workload import scale_workload
from bailiwick_cluster.tools.uninstall_release import uninstall_release
from bailiwick_cluster.tools.upgrade_release import upgrade_release

TOOLS: tuple[ToolSpec, ...] = (
    list_clusters,
    diagnose_cluster,
    diagnose_workload,
    list_resources,
    read_resource,
    read_logs,
    explain_kind,
    list_events,
    query_usage,
    list_releases,
    read_release,
    explain_access,
    explain_traffic,
    preview_change,
    apply_change,
    scale_workload,
    restart_workload,
    rollback_workload,
    install_release,
    upgrade_release,
    rollback_release,
    cordon_node,
    delete_resource,
    drain_node,
    uninstall_release,
    run_command,
)
