"""10 000 pods through the product: bytes, seconds and memory, against a floor of the same run.

    python -m tests.benchmarks.list_pods [--pods 10000] [--keep]

Fills the ground that PRACTICE_GROUND names (or one of its own), asks for all pods with ana's token
through a host of its own, and empties the ground again. The floor fetches the same pages with
plain httpx and orjson, and does not look at them. Exit 0 when every target is met.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import orjson
import yaml

from practice import tokens
from practice.facts import Ground
from practice.fill import fill, unfill
from practice.ground import down, find, up
from practice.steps import Steps
from tests.benchmarks.memory import forget_peak, resident
from tests.parts.agents import over_http
from tests.parts.ground import configured
from tests.parts.served import BAILIWICK, served

NAMESPACES = 50
ROUNDS = 5
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def main() -> int:
    """Fill, measure, empty."""
    asked = _arguments()
    with _ground() as ground:
        if asked.fill:
            print(fill(ground, asked.pods, NAMESPACES, Steps()))
        try:
            with tempfile.TemporaryDirectory() as folder:
                command = [*BAILIWICK, "serve", "cluster", "--http"]
                with served(Path(folder), command, configured(ground)) as host:
                    found = anyio.run(_measure, ground, host.url, host.pid)
        finally:
            if not asked.keep:
                unfill(ground, Steps())
    return _report(found)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.list_pods")
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--no-fill", dest="fill", action="store_false", help="it is full already")
    parser.add_argument("--keep", action="store_true", help="leave the pods where they are")
    return parser.parse_args()


@contextmanager
def _ground() -> Generator[Ground]:
    """Take the ground that is named, or a new one."""
    if named := os.environ.get("PRACTICE_GROUND"):
        yield find(Path(named))
        return
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "ground"
        try:
            yield up(at)
        finally:
            down(at)


async def _measure(ground: Ground, url: str, pid: int) -> dict[str, Any]:
    """Ask a few times; the floor is measured in turn with ours, so that both meet the same load."""
    token = tokens.obtain(ground.keycloak, "ana")["access_token"]
    ours: list[float] = []
    floors: list[float] = []
    async with over_http(url, token) as ana:
        await ana.call("list_clusters")  # which imports the vendor's package and opens TLS
        before, grown, answer = resident(pid), 0, None
        for _ in range(ROUNDS):
            forget_peak(pid)
            began = time.perf_counter()
            answer = await ana.call("list_resources", cluster="practice", kind="pods")
            ours.append(time.perf_counter() - began)
            grown = max(grown, resident(pid, "VmHWM") - before)
            floors.append(await _floor(ground))
    assert answer is not None
    if answer.is_error:
        raise SystemExit(answer.text)
    return {"answer": answer, "seconds": ours, "floors": floors, "grown": grown, "before": before}


async def _floor(ground: Ground) -> float:
    """Fetch and parse the same pages, one after the other."""
    said = yaml.safe_load(ground.kubernetes.kubeconfig.read_text())
    headers = [
        ("Authorization", f"Bearer {said['users'][0]['user']['token']}"),
        ("Impersonate-User", "oidc:ana"),
        ("Impersonate-Group", "oidc:sre"),
        ("Accept", TABLE),
        ("Accept-Encoding", "identity"),
    ]
    query = {"limit": "500", "includeObject": "Metadata"}
    async with httpx.AsyncClient(
        base_url=ground.kubernetes.server,
        verify=str(ground.kubernetes.ca_file),
        headers=headers,
        timeout=60,
        trust_env=False,
    ) as link:
        await link.get("/version")
        began = time.perf_counter()
        while True:
            page = orjson.loads((await link.get("/api/v1/pods", params=query)).content)
            if not (more := page["metadata"].get("continue")):
                return time.perf_counter() - began
            query["continue"] = more


def _report(found: dict[str, Any]) -> int:
    """Print each number against its target; 1 if one is missed."""
    answer, seconds = found["answer"], statistics.median(found["seconds"])
    floor, grown = statistics.median(found["floors"]), found["grown"] / 1024
    print(answer.says)
    size = len(answer.text.encode())
    told = [
        ("bytes of the answer", size, 2_000, f"{size}"),
        ("seconds (median)", seconds, 2.0, f"{seconds:.2f}"),
        ("MiB grown at the peak", grown, 60, f"{grown:.1f} from {found['before'] / 1024:.0f}"),
    ]
    for name, value, target, text in told:
        print(f"{name}: {text} (target {target:g}) {'ok' if value <= target else 'MISSED'}")
    print(f"floor: {floor:.2f} s; ours to the floor: {seconds / floor:.2f}")
    print(f"each: ours {[round(s, 2) for s in found['seconds']]}"
          f" floor {[round(s, 2) for s in found['floors']]}")  # fmt: skip
    return int(any(value > target for _, value, target, _ in told))


if __name__ == "__main__":
    sys.exit(main())
