"""Whether there are metrics, and why not."""

import pytest

from bailiwick_cluster.upstream.metrics import absence
from tests.parts.estate import Estate

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (200, ""),
        (404, "metrics.k8s.io is not installed (404)"),
        (403, "the cluster's RBAC refuses metrics.k8s.io"),
        (503, "metrics.k8s.io does not answer (503)"),
    ],
)
async def test_why_there_are_none(status: int, told: str) -> None:
    assert await absence(Estate(answers={"/apis/metrics.k8s.io/v1beta1": status})) == told
