"""What the hosts expose: processors, memory and disks, a few of them in trouble."""

import math
from collections.abc import Iterator, Mapping

from practice import incident
from practice.metrics.curves import BEGAN, Curve, Flow, Ramp, Steps, level, minutes
from practice.metrics.series import Family, Series, Target, pairs

NAMES = tuple(f"node-{number:02}" for number in range(1, incident.HOSTS + 1))
PORT = 9100
CPUS = 4
MODES = {"user": 0.62, "system": 0.25, "iowait": 0.08, "softirq": 0.03, "steal": 0.02}
"""How the busy time of a processor is shared; the rest of its time is `idle`."""
MEMORY, DISK = 64 * 2**30, 400 * 10**9
BUSY: Mapping[str, float] = {
    "node-03": minutes(200),
    "node-07": minutes(170),
    "node-12": minutes(95),
    "node-21": minutes(150),
}
"""Hosts whose processors are full, and since when."""
TIGHT: Mapping[str, float] = {"node-05": minutes(240), "node-12": minutes(90)}
"""Hosts short of memory, and since when."""
FULL: Mapping[str, float] = {"node-17": minutes(320)}
"""Hosts whose disk is almost full, and since when."""
GONE: Mapping[str, float] = {
    "node-28": minutes(95),
    "node-29": minutes(95),
    "node-30": minutes(94),
}
"""Hosts that nobody reaches, and since when."""
FLAPPED = "node-28"
"""It came and went five times before it was gone."""
FLAPS = tuple(GONE[FLAPPED] - 3_000 + 420 * turn for turn in range(5))
"""When it went away for two and a half minutes each."""
FLAPPING = FLAPS[2]
"""When that was often enough for an alert."""


def instance(host: str) -> str:
    """Give a host's `instance` label."""
    return f"{host}:{PORT}"


def targets() -> Iterator[Target]:
    """Give every host as a target."""
    for number, host in enumerate(NAMES):
        path = f"/hosts/{host}"
        yield Target("node", instance(host), path, tuple(_families(host, number)), _up(host))


def _up(host: str) -> Curve:
    points = [(-math.inf, 1.0)]
    gone = GONE.get(host, math.inf)
    if host == FLAPPED:
        for flap in FLAPS:
            points += [(flap, 0.0), (flap + 150, 1.0)]
    return Steps((*points, (gone, 0.0)))


def _families(host: str, number: int) -> Iterator[Family]:
    died = GONE.get(host, math.inf)
    volume = pairs({"device": "/dev/vda1", "fstype": "ext4", "mountpoint": "/"})
    yield Family(
        "node_cpu_seconds_total",
        "counter",
        "Seconds the CPUs spent in each mode.",
        tuple(_processors(host, number, died)),
    )
    for name, kind, text, series in (
        ("memory_MemTotal_bytes", "gauge", "Memory.", Series("", level(MEMORY), died=died)),
        (
            "memory_MemAvailable_bytes",
            "gauge",
            "Memory that programs may still take.",
            Series("", _free(host, number, TIGHT, 0.05), scale=MEMORY, died=died),
        ),
        ("filesystem_size_bytes", "gauge", "Disk.", Series(volume, level(DISK), died=died)),
        (
            "filesystem_avail_bytes",
            "gauge",
            "Disk that is free.",
            Series(volume, _free(host, number, FULL, 0.06), scale=DISK, died=died),
        ),
        (
            "boot_time_seconds",
            "gauge",
            "When the host was started.",
            Series("", level(1_760_000_000 + 86_400 * number), died=died),
        ),
    ):
        yield Family(f"node_{name}", kind, text, (series,))


def _processors(host: str, number: int, died: float) -> Iterator[Series]:
    usual = 0.12 + 0.013 * number
    busy = [(-math.inf, usual, 0.25 * usual)]
    if host in BUSY:
        busy.append((BUSY[host], 0.97, 0.01))
    working = Flow(tuple(busy), phase=number)
    # What one has more the other has less: together they make a second a second.
    idle = Flow(tuple((since, 1 - rate, -swing) for since, rate, swing in busy), phase=number)
    for cpu in range(CPUS):
        past = 1e6 + 50_000 * number + 1_000 * cpu
        modes = {"idle": (idle, 1.0), **{mode: (working, share) for mode, share in MODES.items()}}
        for mode, (curve, share) in modes.items():
            offset = past * share * curve.rates[0][1]
            labels = pairs({"cpu": str(cpu), "mode": mode})
            yield Series(labels, curve, share, offset, digits=2, died=died)


def _free(host: str, number: int, troubled: Mapping[str, float], left: float) -> Ramp:
    """Give the free share of something; trouble comes within three minutes."""
    usual = 0.35 + 0.01 * number
    since = troubled.get(host)
    if since is None:
        return Ramp(((BEGAN, usual),), swing=0.03, phase=number)
    return Ramp(((since - 180, usual), (since, left)), swing=0.002, phase=number)
