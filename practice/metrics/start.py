"""The metrics of one ground: two generations of Prometheus, their alerts, and a second vendor."""

import shutil
import time
from pathlib import Path

import httpx

from practice import programs
from practice.facts import Metrics
from practice.incident import Clock
from practice.metrics import build, history, plan, seed
from practice.metrics.plan import ALERTS, EU, EXPORTER, HOST, NAMES, OLD, PUSHED, VICTORIA, Plan
from practice.steps import Steps

FOLDER = "metrics"
READY = {
    EU: "/-/ready",
    OLD: "/-/ready",
    ALERTS: "/-/ready",
    PUSHED: "/-/ready",
    VICTORIA: "/health",
    HOST: "/",
    EXPORTER: "/",
}


def start(at: Path, steps: Steps, clock: Clock) -> Metrics:
    """Write the history, start everything on it, and wait until all of its alerts fire."""
    prometheus = build.prometheus(steps)
    steps.say("metrics: Prometheus at hand")
    folder, now = at / FOLDER, int(clock.now.timestamp())
    folder.mkdir(exist_ok=True)
    blocks = history.blocks(folder / "history", now, int(time.time()), steps)
    steps.say("metrics: history written")

    def attempt(ports: list[int]) -> Metrics:
        to = plan.plan(folder, ports, prometheus, now)
        _lay(to, blocks)
        return _started(to, steps, clock)

    return programs.persist(at, NAMES, len(NAMES), attempt)


def _lay(to: Plan, blocks: Path) -> None:
    """Give each program its folder anew: a first attempt may have left something in it."""
    for name in (EU, OLD, ALERTS, VICTORIA):
        shutil.rmtree(to.folder(name), ignore_errors=True)
    for name in (EU, OLD):
        shutil.copytree(blocks, to.folder(name))
    plan.configure(to)


def _started(to: Plan, steps: Steps, clock: Clock) -> Metrics:
    at = to.at.parent
    running = [programs.start(at, name, plan.command(to, name)) for name in NAMES]
    with httpx.Client(timeout=10) as link:

        def answering() -> bool:
            programs.watch(at, running)
            try:
                return all(link.get(to.url(name) + READY[name]).is_success for name in NAMES)
            except httpx.TransportError:
                return False

        def whole() -> bool:
            programs.watch(at, running)
            return seed.whole(to, link)

        steps.until(answering, "answer of all metrics programs", 60)
        steps.say("metrics: all programs answer")
        seed.sow(to, link)
        steps.until(whole, "alerts of the incident", 90, pause=0.3)
        seed.backdate(to, link)
    steps.say("metrics: alerts fire")
    return Metrics(
        now=clock.now.isoformat(),
        prometheus=to.url(EU),
        prometheus_old=to.url(OLD),
        victoria=to.url(VICTORIA),
        alertmanager=to.url(ALERTS),
        pushgateway=to.url(PUSHED),
        exporter=to.url(EXPORTER),
    )
