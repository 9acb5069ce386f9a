"""What the eviction subresource answers, and what that means."""

from typing import Any

import orjson
import pytest

from bailiwick_cluster.upstream.evicting import verdict

TWO = "This pod has more than one PodDisruptionBudget, which is not supported."


@pytest.mark.parametrize(
    ("status", "body", "said", "seconds"),
    [
        (201, {}, "leaves", 0),
        (200, {}, "leaves", 0),
        (404, {}, "gone", 0),
        (409, {}, "gone", 0),
        (429, {"details": {"retryAfterSeconds": 10}}, "waits", 10),
        (429, {"details": {"retryAfterSeconds": -1}}, "waits", 0),
        (429, "not json", "waits", 0),
        (500, {"message": TWO}, "stuck", 0),
        (500, {"message": "etcd"}, "failing", 0),
        (503, [], "failing", 0),
        (403, {}, "refused", 0),
        (422, {}, "refused", 0),
    ],
)
def test_an_answer(status: int, body: Any, said: str, seconds: float) -> None:
    data = body.encode() if isinstance(body, str) else orjson.dumps(body)
    found = verdict(status, data)
    assert (found.said, found.seconds) == (said, seconds)
