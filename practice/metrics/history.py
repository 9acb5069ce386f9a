"""The past, written as OpenMetrics and made into blocks that any Prometheus takes as its own."""

import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, pairwise
from pathlib import Path

from practice import incident
from practice.metrics import alerts, build, shop
from practice.metrics.curves import BEGAN, Curve
from practice.metrics.series import COARSE, FINE, Family, Series
from practice.metrics.targets import targets
from practice.steps import Steps

BLOCK = 7_200
"""Seconds that a block covers; blocks begin at multiples of it."""
LAG = 60
"""Seconds between the last sample and the moment of writing: scrapes begin well after it."""


class Grid:
    """The moments of one interval between two times, and what curves are at each of them."""

    def __init__(self, now: int, since: float, until: float, every: int, unit: str = "") -> None:
        first = -(-int(since) // every) * every
        self.moments = range(first, int(until), every)
        self._now = now
        self._ends = [f" {moment}{unit}\n" for moment in self.moments]
        self._levels: dict[Curve, list[float]] = {}

    def lines(self, family: Family, series: Series, labels: str) -> Iterable[str]:
        """Write a series line by line, as long as it is alive; this is where the time goes."""
        low, high = self._slot(series.born), self._slot(series.died)
        if low >= high:
            return ()
        levels, ends = self._of(series.curve)[low:high], self._ends[low:high]
        head = f"{family.name}{series.suffix}{{{labels}}} "
        scale, offset = series.scale, series.offset
        if series.digits:
            form = f"%.{series.digits}f"
            # Formatting by % is a quarter quicker than a nested format specification.
            return [
                f"{head}{form % (scale * each + offset)}{end}"
                for each, end in zip(levels, ends, strict=True)
            ]
        return [
            f"{head}{int(scale * each + offset)}{end}"
            for each, end in zip(levels, ends, strict=True)
        ]

    def _slot(self, at: float) -> int:
        """Give the index of the first moment that is not before a time."""
        within = min(max(self._now + at, self.moments.start), self.moments.stop)
        return -(-int(within - self.moments.start) // self.moments.step)

    def _of(self, curve: Curve) -> list[float]:
        if curve not in self._levels:
            self._levels[curve] = [curve(moment - self._now) for moment in self.moments]
        return self._levels[curve]


def text(
    sources: Iterable[tuple[Family, str]], now: int, since: float, until: float
) -> Iterator[str]:
    """Write families with the labels of their targets, samples from `since` to before `until`."""
    grids = {every: Grid(now, since, until, every) for every in (FINE, COARSE)}
    for family, own in sources:
        grid = grids[family.every]
        for series in family.series:
            yield from grid.lines(family, series, ",".join(filter(None, (series.labels, own))))
    yield "# EOF\n"


def sources(now: int) -> list[tuple[Family, str]]:
    """Give everything that has a past, with the labels that scrapes added."""
    scraped = [(family, each.labels) for each in targets() for family in each.families]
    presence = [
        (Family("up", "gauge", "", (Series("", each.up),)), each.labels) for each in targets()
    ]
    made = [(family, "") for family in chain(shop.recorded(), alerts.families(now))]
    return [*scraped, *presence, *made]


def blocks(folder: Path, now: int, written: int, steps: Steps) -> Path:
    """Make the blocks up to a minute before the moment of writing, in a folder of their own.

    A file for each block: promtool reads a file once for every block that is in it.
    """
    made = folder / "blocks"
    shutil.rmtree(folder, ignore_errors=True)
    made.mkdir(parents=True)
    everything = sources(now)
    week = [source for source in everything if source[0].name.startswith("ALERTS")]
    began = int(now + BEGAN) // BLOCK * BLOCK
    until = written - LAG
    spans = [*pairwise((*range(began, until, BLOCK), until))]
    promtool = build.program("promtool")
    with ThreadPoolExecutor(2) as pool:
        past = (now - incident.ALERTED.total_seconds(), began)
        jobs = [(past, week), *((span, everything) for span in spans)]
        begun: list[Future[None]] = []
        for number, ((since, end), told) in enumerate(jobs):
            file = folder / f"{number}.om"
            with file.open("w") as out:
                out.writelines(text(told, now, since, end))
            begun.append(pool.submit(_block, promtool, file, made, steps))
        for each in begun:
            each.result()
    return made


def _block(promtool: str, file: Path, made: Path, steps: Steps) -> None:
    bench = file.with_suffix("")
    words = [promtool, "tsdb", "create-blocks-from", "openmetrics", "-q", str(file), str(bench)]
    steps.run(words, "writing the history")
    file.unlink()
    for each in bench.iterdir():
        if each.is_dir() and (each / "meta.json").exists():
            each.rename(made / each.name)
    shutil.rmtree(bench)
