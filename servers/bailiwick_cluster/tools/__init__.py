"""The catalogue: every cluster tool, by hand, in reading order."""

from bailiwick.tool import ToolSpec
from bailiwick_cluster.tools.list_clusters import list_clusters
from bailiwick_cluster.tools.list_events import list_events
from bailiwick_cluster.tools.list_resources import list_resources
from bailiwick_cluster.tools.read_resource import read_resource
from bailiwick_cluster.tools.scale_workload import scale_workload

TOOLS: tuple[ToolSpec, ...] = (
    list_clusters,
    list_resources,
    read_resource,
    list_events,
    scale_workload,
)
