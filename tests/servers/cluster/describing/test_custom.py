"""The summary of kinds that nobody knows: what they print, their conditions, what they own."""

from typing import Any

from bailiwick_cluster.upstream import Column, Row
from tests.parts.estate import made
from tests.servers.cluster.describing.world import HOUR_AGO, around, told


def test_a_custom_object() -> None:
    found: dict[str, Any] = made(
        "Widget",
        "w",
        spec={
            "size": 3,
            "on": True,
            "tags": ["a", "b"],
            "parts": [{}, {}],
            "deep": {"x": 1},
            "no": None,
        },
        status={
            "phase": "Working",
            "conditions": [
                {"type": "Synced", "status": "True"},
                {"type": "DiskPressure", "status": "False"},
                {
                    "type": "Degraded",
                    "status": "True",
                    "reason": "Slow",
                    "lastTransitionTime": HOUR_AGO,
                },
                {"type": "Ready", "status": "Unknown"},
            ],
        },
    )
    near = around(Pod=[made("Pod", "w-1")], Secret=[], Event=[{"name": "e"}])
    near.columns = (
        Column("Name", wide=False),
        Column("Secret", wide=False),
        Column("Age", wide=False),
    )
    near.row = Row("shop", "w", ("w", "w-tls", "1d"), {})
    headline, lines = told("Widget.example.com", found, near)
    assert headline == "Working"
    assert (
        lines
        == """\
prints:
  Secret  w-tls
conditions:
  Degraded=True for 1 h Slow
  Ready=Unknown
  Synced=True, DiskPressure=False
spec:
  size: 3
  on: true
  tags: a, b
  parts: 2 entries
  deep: {x}
status:
  phase: Working
owns:
  Pod w-1"""
    )


def test_one_without_anything() -> None:
    assert told("Widget.example.com", {}) == ("as below", "")
    role = made("Role", "r", rules=[{}, {}])
    assert told("Role", role)[1] == "fields:\n  rules: 2 entries"
