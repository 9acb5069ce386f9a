"""Redaction against a floor of the same run: one plain regular expression over the same text.

    python -m tests.benchmarks.shaping

Prints microseconds for clean, wordy and hostile text, and how many times the floor each is.
"""

import re
import timeit
from collections.abc import Callable
from typing import Any

from bailiwick.shaping.answer import Answer, Table
from bailiwick.shaping.neutral import neutralise
from bailiwick.shaping.redaction import redact_object, redact_text
from bailiwick.shaping.render import shape

CLEAN = "2026-07-01T12:00:00Z INFO pod/web-6b7f reconcile took 12ms id=42\n"
WORDY = "2026-07-01T12:00:00.123456789Z INFO token for key secret id=1790000000123456789 \n"
HOSTILE = "2026-07-01T12:00:00.123456789Z INFO password=hunter2 card 4111111111111111\n"
FLOOR = re.compile(r"password|secret|token|key|\d{13,19}")
POD: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "containers": [
            {
                "name": "a",
                "image": "r/a@sha256:" + "0a" * 32,
                "env": [{"name": "LOG_LEVEL", "value": "debug"}] * 5,
            }
        ]
    },
    "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}] * 4},
}
ROWS = [(f"pod-{n}", "1/1", "Running", "0") for n in range(20)]


def took(work: Callable[[], object], times: int) -> float:
    """Return the best of five, in microseconds."""
    return min(timeit.repeat(work, number=times, repeat=5)) / times * 1e6


def main() -> None:
    """Measure each text beside the floor."""
    for name, line in (("clean", CLEAN), ("wordy", WORDY), ("hostile", HOSTILE)):
        text = (line * 2_000)[:100_000]
        mine = took(lambda text=text: redact_text(text, {}), 5)
        bare = took(lambda text=text: FLOOR.sub("", text), 5)
        print(f"redact 100 kB, {name:8} {mine:9.0f} us, {mine / bare:5.2f} times one expression")
    short = CLEAN[:50]
    print(f"redact 50 characters    {took(lambda: redact_text(short, {}), 20_000):9.2f} us")
    print(f"neutralise 50 characters{took(lambda: neutralise(short), 20_000):9.2f} us")
    print(f"redact a small pod      {took(lambda: redact_object(POD, {}), 500):9.0f} us")
    table = Answer("20 pods", Table(("NAME", "READY", "STATUS", "RESTARTS"), ROWS), total=20)
    cost = took(lambda: shape(table, nonce="n0nce123", budget=8_000), 500)
    bare = took(lambda: "\n".join("\t".join(row) for row in ROWS), 500)
    print(f"shape 20 rows           {cost:9.0f} us, {cost / bare:5.2f} times joining them")


if __name__ == "__main__":
    main()
