"""All causes, by hand; a new one is a module here, a line below, its test and its scenario."""

from bailiwick_cluster.diagnosis.causes import (
    apiservice,
    autoscaler,
    budget,
    certificate,
    crash,
    deprecated,
    endpoints,
    gateway,
    ingress,
    missing,
    namespace,
    node,
    operator,
    route,
    serving,
    webhook,
)
from bailiwick_cluster.diagnosis.finding import Cause

CAUSES: tuple[Cause, ...] = (
    operator.CAUSE,
    webhook.CAUSE,
    node.CAUSE,
    namespace.CAUSE,
    missing.CAUSE,
    crash.CAUSE,
    autoscaler.CAUSE,
    serving.CAUSE,
    endpoints.CAUSE,
    ingress.CAUSE,
    gateway.CAUSE,
    route.CAUSE,
    certificate.CAUSE,
    apiservice.CAUSE,
    budget.CAUSE,
    deprecated.CAUSE,
)
