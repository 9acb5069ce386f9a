"""Numbers as people read them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.wording import many
from bailiwick_observability.figures import figure, share

SCALES = {"k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
FINITE = st.floats(-1.79e308, 1.79e308)


def read(said: str) -> float:
    return float(said[:-1]) * SCALES[said[-1]] if said[-1] in SCALES else float(said)


@given(FINITE)
def test_what_is_written_is_the_number_to_its_digits(value: float) -> None:
    plain = 1e-4 <= abs(value) < 1e15
    assert math.isclose(read(figure(value)), value, rel_tol=6e-4 if plain else 6e-3, abs_tol=1e-320)


@given(FINITE, st.integers(2, 6))
def test_what_is_written_is_short(value: float, digits: int) -> None:
    said = figure(value, digits)
    assert len(said) <= 13
    assert "." not in said or not said.rstrip("kMGT").endswith(("0", ".")) or "e" in said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (math.nan, "-"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (0.12345, "0.1235"),
        (9_999.6, "10000"),
        (12_345, "12.35k"),
        (-1_234_567, "-1.235M"),
        (999_999, "1M"),
        (1.8446744073709552e19, "1.84e+19"),
        (0.00001234, "1.23e-05"),
    ],
)
def test_examples(value: float, said: str) -> None:
    assert figure(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0%"),
        (0.12, "+12%"),
        (-0.5, "-50%"),
        (9.0, "+900%"),
        (19.0, "x20"),
        (math.nan, "-"),
        (math.inf, "new"),
    ],
)
def test_shares(value: float, said: str) -> None:
    assert share(value) == said


def test_counts_with_their_nouns() -> None:
    assert [many(n, "alert") for n in (0, 1, 2)] == ["0 alerts", "1 alert", "2 alerts"]
    assert many(2, "series", "series") == "2 series"
