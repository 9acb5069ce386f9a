"""Fifty clients of two replicas for five minutes, while one is killed and the database restarted.

    python -m tests.benchmarks.load [--seconds 300] [--readers 40] [--changers 10] [--calm]

Prints calls a second, p50, p99 and memory, and what went wrong; exits with 1 where a call was lost,
something was done twice, told and not done, or done and not in a journal that verifies. With
`--calm` nothing fails, and memory has to stay flat: in the last tenth of the time at most a
twentieth more than after the first fifth.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from practice import fleet as fleets
from practice import postgres
from practice.facts import Ground
from practice.fleet import Fleet
from practice.ground import down, find, up
from practice.steps import Steps
from tests.parts.load import Load
from tests.parts.verdict import complaints, effects

PARTS = ("kubernetes", "keycloak", "metrics")
_MIB = 1024 * 1024
_FLAT = 0.05


@dataclass(slots=True)
class Memory:
    """What each replica held, second by second, in bytes."""

    seen: dict[str, list[int]] = field(default_factory=dict[str, list[int]])

    async def watch(self, fleet: Fleet, until: float) -> None:
        """Look once a second."""
        while time.monotonic() < until:
            for replica in fleet.replicas:
                if held := await anyio.to_thread.run_sync(replica.resident):
                    self.seen.setdefault(replica.name, []).append(held)
            await anyio.sleep(1)

    def told(self) -> str:
        """Give middle, end and most of each replica in MiB."""
        return "; ".join(
            f"{name}: middle {held[len(held) // 2] / _MIB:.0f}, end {held[-1] / _MIB:.0f},"
            f" most {max(held) / _MIB:.0f} MiB"
            for name, held in sorted(self.seen.items())
        )

    def grown(self) -> dict[str, float]:
        """Give how much more the last tenth held than the third, by replica: 0.05 is 5 % more."""
        means = {name: (_mean(held, 0.2), _mean(held, 0.9)) for name, held in self.seen.items()}
        return {name: late / early - 1 for name, (early, late) in means.items()}


def _mean(held: list[int], since: float) -> float:
    """Average a tenth of the samples."""
    begin = int(len(held) * since)
    part = held[begin : begin + max(1, len(held) // 10)]
    return sum(part) / len(part)


async def calm() -> None:
    """Let everything be."""


async def disturb(fleet: Fleet, seconds: float, steps: Steps) -> None:
    """Kill a replica after a third of the time, and the database after two thirds."""
    away = min(10.0, seconds / 15)
    victim = fleet.replicas[-1]
    await anyio.sleep(seconds / 3)
    await anyio.to_thread.run_sync(fleet.kill, victim)
    steps.say(f"load: {victim.name} is killed")
    await anyio.sleep(away)
    await anyio.to_thread.run_sync(fleet.start, victim, steps)
    await anyio.sleep(max(0.0, seconds / 3 - away))
    await anyio.to_thread.run_sync(postgres.kill, fleet.database)
    steps.say("load: the database is killed")
    await anyio.sleep(away)
    await anyio.to_thread.run_sync(postgres.again, fleet.database, steps)


async def loaded(
    fleet: Fleet,
    ground: Ground,
    seconds: float,
    clients: tuple[int, int],
    faults: Callable[[], Coroutine[Any, Any, None]],
) -> tuple[Load, Memory]:
    """Put a fleet under load for so long; `clients` are readers and changers."""
    until = time.monotonic() + seconds
    load, memory = Load(fleet, ground, until), Memory()

    async def beside() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(memory.watch, fleet, until)
            tasks.start_soon(faults)

    await load.run(*clients, beside)
    return load, memory


@contextmanager
def standing() -> Generator[Ground]:
    """Give the ground that `PRACTICE_GROUND` names, or one of our own."""
    if named := os.environ.get("PRACTICE_GROUND"):
        yield find(Path(named))
        return
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder) / "ground"
        try:
            yield up(at, PARTS)
        finally:
            down(at)


def told(load: Load, memory: Memory, seconds: float) -> str:
    """Write down what was measured."""
    tally, done = load.tally, effects(load.fleet)
    calls, twice = len(tally.seconds), sum(done.values()) - len(done)
    half, most = tally.percentile(0.5) * 1000, tally.percentile(0.99) * 1000
    speed = f"{calls / seconds:.1f} a second, p50 {half:.0f} ms, p99 {most:.0f} ms"
    lines = [
        f"{calls} calls in {seconds:.0f} s: {speed}",
        "ended: " + ", ".join(f"{how} {count}" for how, count in tally.ended.most_common()),
        f"changes: {len(tally.told)} approved, {len(done)} carried out, {twice} of them twice",
        *(f"  {count} x {why}" for why, count in tally.why.most_common(12)),
        memory.told(),
    ]
    return "\n".join(lines)


def swollen(memory: Memory) -> Iterator[str]:
    """Say which replica takes more and more."""
    for name, part in memory.grown().items():
        if part > _FLAT:
            yield f"{name} holds {part:.1%} more in the end"


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--readers", type=int, default=40)
    parser.add_argument("--changers", type=int, default=10)
    parser.add_argument("--calm", action="store_true", help="let nothing fail")
    given = parser.parse_args()
    steps = Steps()
    with standing() as ground, tempfile.TemporaryDirectory() as folder:
        fleet = fleets.start(Path(folder), ground, 2, steps)
        try:
            faults = calm if given.calm else partial(disturb, fleet, given.seconds, steps)
            clients = given.readers, given.changers
            load, memory = anyio.run(loaded, fleet, ground, given.seconds, clients, faults)
            print(told(load, memory, given.seconds))
            wrong = [*complaints(load), *(swollen(memory) if given.calm else ())]
        finally:
            fleet.end()
    print("\n".join(wrong) if wrong else "nothing lost, nothing twice, all of it in the journals")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
