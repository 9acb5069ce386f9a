"""Charts: pictures that a person can read, whatever the series and names are."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import io
import math
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from bailiwick_observability import chart
from bailiwick_observability.chart import Bar, Chart, Line, Mark, draw, measured, unit_of
from tests.parts.metrics import NOW

START = NOW - 3_600
ORDER = "$\\frac{1}{0}$ _x \x1b[31m \u202e 日本 नमस्ते \U0001f600 $"


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Keep every figure that is drawn."""
    kept: list[Any] = []
    usual: Any = Figure.savefig  # pyright: ignore[reportUnknownVariableType]

    def note(self: Figure, *args: Any, **more: Any) -> None:
        kept.append(self)
        usual(self, *args, **more)

    monkeypatch.setattr(Figure, "savefig", note)
    return kept


def line(name: str = "a", *values: float) -> Line:
    return Line(name, [(START + 60 * n, v) for n, v in enumerate(values or (1.0, 3.0, 2.0))])


def drawn(made: Chart) -> Image.Image:
    found = Image.open(io.BytesIO(draw(made)))
    found.load()
    return found


def plain(**more: Any) -> Chart:
    return Chart("load", START, NOW, **more)


def near(image: Image.Image, colour: str, most: int = 40) -> int:
    """Count the pixels whose colour is about this one."""
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    seen: Any = image.convert("RGB").getcolors(1 << 20)
    return sum(
        count
        for count, found in seen
        if max(abs(a - b) for a, b in zip(found, wanted, strict=True)) < most
    )


def test_a_picture_of_its_size() -> None:
    found = drawn(plain(lines=[line()]))
    assert found.format == "PNG"
    assert found.size == (860, 440)
    assert found.info.get("Software") is None
    assert len(draw(plain(lines=[line()]))) < 100_000


def test_every_series_has_its_colour(papers: list[Any]) -> None:
    lines = [line(f"s{n}", n + 1.0, n + 1.0) for n in range(len(chart.COLOURS) + 1)]
    image = drawn(plain(lines=lines))
    found = [(each.get_color(), each.get_linestyle()) for each in papers[0].axes[0].lines]
    assert len(set(found)) == len(lines)
    assert found[-1] == (chart.COLOURS[0], "--")
    assert all(near(image, colour) > 20 for colour in chart.COLOURS)


def test_a_threshold_goes_across() -> None:
    assert near(drawn(plain(lines=[line()])), chart.COLOURS[1]) == 0
    assert near(drawn(plain(lines=[line()], thresholds=[2.5])), chart.COLOURS[1], 90) > 300


def test_what_the_legend_and_the_axes_say(papers: list[Any]) -> None:
    draw(
        plain(
            lines=[line("a"), line("b")],
            unit="s",
            thresholds=[2.5],
            marks=[Mark(START + 600, "shop 3.7.2")],
            left_out=4,
        )
    )
    (axes,) = papers[0].axes
    legend = axes.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["a", "b"]
    assert legend.get_title().get_text() == "4 more series are not drawn"
    assert {"threshold 2.5", "shop 3.7.2"} <= {text.get_text() for text in axes.texts}
    assert axes.get_xlabel() == "time (UTC)"
    assert axes.get_title(loc="left") == "load"
    assert axes.get_ylim()[0] == 0
    assert axes.yaxis.get_major_formatter()(1.5, None) == "1.5 s"


def test_names_are_no_formulas_and_hide_nothing(papers: list[Any]) -> None:
    bars = [Bar(ORDER, START, NOW)]
    draw(
        Chart(
            ORDER, START, NOW, ORDER, [line(ORDER), line("_hidden"), line("$x$")],
            thresholds=[1], marks=[Mark(START + 5, ORDER)],
        )
    )  # fmt: skip
    draw(Chart(ORDER, START, NOW, bars=bars))
    shown = [text.get_text() for text in papers[0].axes[0].get_legend().get_texts()]
    assert len(shown) == 3
    assert shown[0].startswith("$\\frac{1}{0}$ _x ?[31m ? ??")
    assert shown[1].strip("\u200a") == "_hidden"
    assert shown[2] == "$x$"
    texts = [text for paper in papers for text in paper.findobj(Text)]
    assert sum("$" in text.get_text() for text in texts) >= 6
    assert all(not text.get_parse_math() for text in texts if "$" in text.get_text())


@pytest.mark.parametrize(
    "values",
    [
        [],
        [math.nan],
        [math.nan, math.nan],
        [5.0],
        [math.inf, -math.inf],
        [1.0, math.inf, math.nan, 2.0],
        [0.0, 0.0],
        [-1.0, -2.0],
        [1e-300, 1.7e308, -1.7e308],
    ],
    ids=str,
)
def test_series_that_hardly_are_any(values: list[float]) -> None:
    points = [(START + 60 * n, value) for n, value in enumerate(values)]
    assert drawn(plain(lines=[Line("a", points)], unit="bytes")).size == (860, 440)


def test_one_point_is_a_dot(papers: list[Any]) -> None:
    draw(plain(lines=[line("a", 5.0)]))
    assert papers[0].axes[0].lines[0].get_marker() == "o"


def test_nothing_at_all_is_an_empty_picture() -> None:
    assert drawn(plain()).size == (860, 440)
    assert drawn(plain(lines=[Line("", [])])).size == (860, 440)


def test_times_that_a_source_makes_up() -> None:
    points = [(-5.0, 1.0), (math.nan, 2.0), (1e18, 3.0)]
    marks = [Mark(1e300, "x")]
    assert drawn(plain(lines=[Line("a", points)], marks=marks)).size == (860, 440)


def test_counts_are_stacked(papers: list[Any]) -> None:
    draw(plain(counts=[line("a", 1, 2, 3), line("b", 4, 5, 6)]))
    bars = papers[0].axes[0].patches
    assert [bar.get_y() for bar in bars] == [0, 0, 0, 1, 2, 3]
    assert [bar.get_height() for bar in bars] == [1, 2, 3, 4, 5, 6]


def test_spans_share_a_row_and_a_moment_is_seen(papers: list[Any]) -> None:
    bars = [Bar("a", START, START + 600), Bar("b", START, START), Bar("a", NOW - 60, NOW, 1)]
    draw(plain(bars=bars))
    (axes,) = papers[0].axes
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b"]
    assert all(bar.get_width() > 0 for bar in axes.patches)


def test_no_more_marks_than_can_be_read(papers: list[Any]) -> None:
    draw(plain(lines=[line()], marks=[Mark(START + n, "x" * 99) for n in range(40)]))
    texts = [text.get_text() for text in papers[0].axes[0].texts]
    assert texts == ["x" * 40 + "…"] * 12


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.25, "s", "250 ms"),
        (1.5, "seconds", "1.5 s"),
        (0, "s", "0 s"),
        (0.2, "percentunit", "20 %"),
        (20, "percent", "20 %"),
        (3_435_973_837, "bytes", "3.2 GiB"),
        (-2_048, "By", "-2 KiB"),
        (5, "B", "5 B"),
        (12_345, "", "12.35k"),
        (5, "req/s", "5"),
    ],
)
def test_numbers_of_an_axis_with_their_units(value: float, unit: str, said: str) -> None:
    assert measured(value, unit) == said


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        ("histogram_quantile(0.9, rate(wait_seconds_bucket[5m]))", "s"),
        ("rate(node_cpu_seconds_total[5m])", ""),
        ("rate(wait_seconds_count[5m])", ""),
        ("node_memory_free_bytes", "bytes"),
        ("a_bytes / b_bytes", ""),
        ("hit_ratio", "ratio"),
        ("up", ""),
    ],
)
def test_the_unit_that_a_name_tells(query: str, unit: str) -> None:
    assert unit_of(query) == unit
