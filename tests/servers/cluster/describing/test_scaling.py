"""Summaries of autoscalers and disruption budgets."""

from tests.parts.estate import made
from tests.servers.cluster.describing.world import HOUR_AGO, around, told


def test_an_autoscaler_at_its_maximum() -> None:
    found = made(
        "HorizontalPodAutoscaler",
        "web",
        spec={
            "scaleTargetRef": {"kind": "Deployment", "name": "web"},
            "minReplicas": 2,
            "maxReplicas": 5,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"averageUtilization": 50}},
                },
                {
                    "type": "Pods",
                    "pods": {"metric": {"name": "rps"}, "target": {"averageValue": "10"}},
                },
                7,
            ],
        },
        status={
            "currentReplicas": 5,
            "desiredReplicas": 5,
            "lastScaleTime": HOUR_AGO,
            "currentMetrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "current": {"averageUtilization": 93}},
                }
            ],
            "conditions": [
                {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas"},
                {"type": "AbleToScale", "status": "True"},
            ],
        },
    )
    headline, lines = told(
        "HorizontalPodAutoscaler", found, around(missing=[("Deployment", "web")])
    )
    assert headline == "5 replicas now, 5 wanted of 2 to 5, at its maximum"
    assert (
        lines
        == """\
scales: Deployment web (MISSING)
replicas: 2 to 5 allowed, 5 now, 5 wanted
last scaled: 1 h ago
metrics:
  Resource cpu: 93 % of 50 %
  Pods rps: unknown of 10
conditions:
  ScalingLimited=True TooManyReplicas
  AbleToScale=True"""
    )


def test_a_budget_that_lets_nothing_go() -> None:
    found = made(
        "PodDisruptionBudget",
        "web",
        spec={"minAvailable": "50%", "selector": {"matchLabels": {"app": "web"}}},
        status={"currentHealthy": 2, "desiredHealthy": 2, "expectedPods": 4},
    )
    headline, lines = told("PodDisruptionBudget", found, around(Pod=[]))
    assert headline == "0 disruptions allowed now, so a drain waits (2 healthy, 2 needed)"
    assert "keeps: at least 50%\nchooses: app=web\nhealthy: 2 of 4, 2 needed\npods: none" in lines
    free = made(
        "PodDisruptionBudget", "x", spec={"maxUnavailable": 1}, status={"disruptionsAllowed": 1}
    )
    headline, lines = told("PodDisruptionBudget", free)
    assert headline == "1 disruption allowed now (0 healthy, 0 needed)"
    assert "keeps: at most 1 away\nchooses: every pod of the namespace" in lines
