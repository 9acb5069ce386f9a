"""Charts as PNG: lines over time, bars of counts, and spans, as a person would want to read them.

Drawn by matplotlib without a display. Its import costs half a second and 40 MB, so it comes with
the first chart.
"""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from bailiwick_observability.figures import figure
from bailiwick_observability.models.metrics import Point

# Okabe and Ito's palette: told apart also by those who do not see all colours.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C564B")
_GREY = "#777777"
_SIZE = (8.6, 4.4)
_DPI = 100
_LABEL = 44
_LAST = 253_370_764_800.0
"""The year 9999, the last that a calendar has."""
_MOST = 1e300
"""Values beyond which an axis cannot be worked out."""
_BYTES = ("bytes", "decbytes", "By", "B")


@dataclass(frozen=True, slots=True)
class Line:
    """One series to draw."""

    name: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Bar:
    """One span to draw: from when to when, in which row, in which colour of the palette."""

    row: str
    start: float
    end: float
    colour: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment that explains: a deployment, an annotation."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn. `start` and `end` are seconds since 1970."""

    title: str
    start: float
    end: float
    unit: str = ""
    lines: Sequence[Line] = ()
    counts: Sequence[Line] = ()
    """Drawn as stacked bars; the points of all have the same times."""
    bars: Sequence[Bar] = ()
    thresholds: Sequence[float] = ()
    marks: Sequence[Mark] = ()
    left_out: int = 0
    """Series that are not drawn; the legend says so."""


def draw(chart: Chart) -> bytes:
    """Draw it. Blocks for about a tenth of a second, so call it in a thread."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    paper: Any = Figure(figsize=_SIZE, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(paper)
    axes: Any = paper.add_subplot()
    axes.set_title(_said(chart.title, 90), fontsize=11, loc="left", parse_math=False)
    _lines(axes, chart)
    _counts(axes, chart)
    _bars(axes, chart)
    _extras(axes, chart)
    _scales(axes, chart)
    _legend(axes, chart)
    out = io.BytesIO()
    paper.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _lines(axes: Any, chart: Chart) -> None:
    for number, line in enumerate(chart.lines):
        at = [_moment(point[0]) for point in line.points]
        values = [value if abs(value) < _MOST else math.nan for _, value in line.points]
        colour = COLOURS[number % len(COLOURS)]
        style = "-" if number < len(COLOURS) else "--"
        alone = "o" if len(values) == 1 else None
        axes.plot(
            at, values, style, color=colour, linewidth=1.4, marker=alone, label=_said(line.name)
        )


def _counts(axes: Any, chart: Chart) -> None:
    """Stack bars on one another."""
    floor: list[float] = []
    for number, line in enumerate(chart.counts):
        at = [_moment(point[0]) for point in line.points]
        values = [point[1] for point in line.points]
        floor = floor or [0.0] * len(values)
        wide = (chart.end - chart.start) / max(len(values), 1) / 86_400 * 0.9
        axes.bar(
            at,
            values,
            width=wide,
            bottom=floor,
            align="edge",
            color=COLOURS[number % len(COLOURS)],
            label=_said(line.name),
        )
        floor = [low + high for low, high in zip(floor, values, strict=True)]


def _bars(axes: Any, chart: Chart) -> None:
    if not chart.bars:
        return
    rows = list(dict.fromkeys(bar.row for bar in chart.bars))
    for bar in chart.bars:
        length = max(bar.end - bar.start, (chart.end - chart.start) / 300)
        axes.barh(
            rows.index(bar.row),
            length / 86_400,
            left=_moment(bar.start),
            height=0.6,
            color=COLOURS[bar.colour % len(COLOURS)],
        )
    axes.set_yticks(range(len(rows)), [_said(row, 34) for row in rows], parse_math=False)
    axes.invert_yaxis()


def _extras(axes: Any, chart: Chart) -> None:
    """Draw thresholds across, and what happened down."""
    for value in chart.thresholds:
        axes.axhline(value, color=COLOURS[1], linewidth=1, linestyle=(0, (6, 3)))
        axes.annotate(
            f"threshold {figure(value)}",
            (0.995, value),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            fontsize=8,
            color=COLOURS[1],
        )
    inside = [mark for mark in chart.marks if chart.start <= mark.at <= chart.end]
    for mark in inside[:12]:
        axes.axvline(_moment(mark.at), color=_GREY, linewidth=1, linestyle=":")
        axes.annotate(
            _said(mark.text, 40),
            (_moment(mark.at), 0.98),
            xycoords=("data", "axes fraction"),
            rotation=90,
            ha="right",
            va="top",
            fontsize=8,
            color=_GREY,
            parse_math=False,
        )


def _scales(axes: Any, chart: Chart) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    locator = AutoDateLocator(tz=UTC, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))
    axes.set_xlim(_moment(chart.start), _moment(chart.end))
    axes.set_xlabel("time (UTC)", fontsize=9)
    axes.grid(visible=True, color="#dddddd", linewidth=0.6)
    axes.tick_params(labelsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if chart.bars:
        return

    def written(value: float, _position: int | None) -> str:
        return measured(value, chart.unit)

    axes.yaxis.set_major_formatter(FuncFormatter(written))
    drawn = [v for line in (*chart.lines, *chart.counts) for _, v in line.points]
    if min(filter(math.isfinite, drawn), default=-1.0) >= 0:
        axes.set_ylim(bottom=0)
    if chart.unit and not _known(chart.unit):
        axes.set_ylabel(_said(chart.unit, 30), fontsize=9, parse_math=False)


def _legend(axes: Any, chart: Chart) -> None:
    drawn = [*chart.lines, *chart.counts]
    if not drawn or (len(drawn) == 1 and not drawn[0].name):
        return
    more = f"{chart.left_out} more series are not drawn" if chart.left_out else None
    legend = axes.legend(
        loc="upper left",
        bbox_to_anchor=(0, -0.16),
        ncols=min(len(drawn), 3),
        fontsize=8,
        frameon=False,
        title=more,
        title_fontsize=8,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def measured(value: float, unit: str) -> str:
    """Write a number of an axis with its unit: `1.5 s`, `20 %`, `3.2 GiB`."""
    if unit in ("s", "seconds"):
        return f"{figure(value * 1_000)} ms" if 0 < abs(value) < 1 else f"{figure(value)} s"
    if unit in ("percentunit", "ratio"):
        return f"{figure(value * 100)} %"
    if unit in ("percent", "%"):
        return f"{figure(value)} %"
    if unit in _BYTES:
        for name, size in (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
            if abs(value) >= size:
                return f"{figure(value / size)} {name}"
        return f"{figure(value)} B"
    return figure(value)


def unit_of(query: str) -> str:
    """Guess the unit of a query from the names Prometheus's conventions give to metrics."""
    ratio = "/" in query
    if "_seconds" in query and "_count" not in query and not ratio and "cpu_seconds" not in query:
        return "s"
    if "_bytes" in query and not ratio:
        return "bytes"
    return "ratio" if "_ratio" in query else ""


def _known(unit: str) -> bool:
    return measured(1_024, unit) != figure(1_024)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(min(max(0.0, at), _LAST), UTC)


@lru_cache(maxsize=1)
def _written() -> frozenset[int]:
    """List the characters that the font of charts has."""
    from matplotlib import font_manager  # noqa: PLC0415

    fonts: Any = font_manager
    return frozenset(fonts.get_font(fonts.findfont("DejaVu Sans")).get_charmap())


def _said(text: str, most: int = _LABEL) -> str:
    """Keep what the font can write, on one line. A leading underscore would hide a legend."""
    clean = "".join(c if c.isprintable() and ord(c) in _written() else "?" for c in text)
    short = clean[:most] + ("…" if len(clean) > most else "")
    return f"\u200a{short}" if short.startswith("_") else short
