"""All causes, by hand; a new one is a module here, a line below, its test and its scenario."""

from bailiwick_cluster.diagnosis.causes import (
    apiservice,
    autoscaler,
    budget,
    crash,
    endpoints,
    missing,
    namespace,
    node,
)
from bailiwick_cluster.diagnosis.finding import Cause

CAUSES: tuple[Cause, ...] = (
    node.CAUSE,
    namespace.CAUSE,
    missing.CAUSE,
    crash.CAUSE,
    autoscaler.CAUSE,
    endpoints.CAUSE,
    apiservice.CAUSE,
    budget.CAUSE,
)
