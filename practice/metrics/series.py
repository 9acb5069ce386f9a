"""What a target exposes: families of series, each with a curve and a life."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from practice.metrics.curves import BEGAN, Curve

FINE, COARSE = 15, 60
"""Seconds between samples of the history: the scrape interval, or a minute where that will do."""


@dataclass(frozen=True)
class Series:
    """One series; its value is `scale * curve + offset`, written with so many `digits`."""

    labels: str
    curve: Curve
    scale: float = 1.0
    offset: float = 0.0
    digits: int = 0
    born: float = BEGAN
    died: float = math.inf
    suffix: str = ""
    """What follows the family's name: a histogram has `_bucket`, `_sum` and `_count`."""

    def text(self, level: float) -> str:
        """Write what its curve gives; whole numbers are cut off, as a count of events is."""
        value = self.scale * level + self.offset
        return f"{value:.{self.digits}f}" if self.digits else str(int(value))


@dataclass(frozen=True)
class Family:
    """The series of one metric."""

    name: str
    kind: str
    help: str
    series: tuple[Series, ...]
    every: int = FINE


@dataclass(frozen=True)
class Target:
    """What is scraped together; `up` is its history, 0 to this day where nobody answers."""

    job: str
    instance: str
    path: str
    families: tuple[Family, ...]
    up: Curve

    @property
    def labels(self) -> str:
        """Give the labels that a scrape adds."""
        return pairs({"instance": self.instance, "job": self.job})


def pairs(labels: Mapping[str, str]) -> str:
    """Write labels as an exposition has them; the values here need no escaping."""
    return ",".join(f'{name}="{value}"' for name, value in labels.items())


def exposed(families: Iterable[Family], at: float) -> Iterator[str]:
    """Write the exposition of a moment, in the text format of Prometheus."""
    levels: dict[Curve, float] = {}
    for family in families:
        living = [each for each in family.series if each.born <= at < each.died]
        if living:
            yield f"# HELP {family.name} {family.help}\n# TYPE {family.name} {family.kind}\n"
        for each in living:
            if each.curve not in levels:
                levels[each.curve] = each.curve(at)
            name = f"{family.name}{each.suffix}"
            yield f"{name}{{{each.labels}}} {each.text(levels[each.curve])}\n"
