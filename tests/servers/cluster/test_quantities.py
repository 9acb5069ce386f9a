"""Amounts, read by the grammar of resource.Quantity and written as people do."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.quantities import cpu, memory, parse


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("250m", 0.25),
        ("1", 1.0),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("+2", 2.0),
        ("-1", -1.0),
        ("12345u", 0.012345),
        ("162740512n", 0.162740512),
        ("1k", 1e3),
        ("128M", 128e6),
        ("64Ki", 65_536.0),
        ("123Mi", 123 * 1024.0**2),
        ("1.5Gi", 1.5 * 1024**3),
        ("2Ei", 2 * 1024.0**6),
        ("2E", 2e18),
        ("2e3", 2e3),
        ("2E3", 2e3),
        ("129e6", 129e6),
        ("5e-1", 0.5),
        (" 1Gi ", 1024.0**3),
        (3, 3.0),
        (0.5, 0.5),
        ("0", 0.0),
    ],
)
def test_what_the_grammar_allows(said: object, value: float) -> None:
    assert parse(said) == pytest.approx(value)


@pytest.mark.parametrize(
    "said",
    [
        "", " ", ".", "m", "1K", "1mi", "1 Gi", "1Gib", "--1", "1e", "1e1.5", "1e9999", "0x10",
        "٣", "1_000", "nan", "inf", "1" * 65, "9" * 60 + "e999", True, None, [], {}, b"1",
        math.nan, math.inf, 10**400,
    ],
)  # fmt: skip
def test_anything_else_is_none(said: object) -> None:
    assert parse(said) is None


@pytest.mark.parametrize(
    ("cores", "told"),
    [
        (0, "0"),
        (0.25, "250m"),
        (1, "1"),
        (1.5, "1500m"),
        (0.0001, "1m"),
        (0.9996, "1"),
        (9.9994, "9999m"),
        (12.52, "12.5"),
        (640.4, "640"),
        (-0.25, "-250m"),
    ],
)
def test_cores(cores: float, told: str) -> None:
    assert cpu(cores) == told


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0"),
        (512, "512"),
        (1023, "1023"),
        (1024, "1Ki"),
        (512 * 1024**2, "512Mi"),
        (1.2 * 1024**3, "1.2Gi"),
        (1024**3 - 1, "1Gi"),
        (15.44 * 1024**3, "15.4Gi"),
        (99.97 * 1024**3, "100Gi"),
        (3 * 1024**7, "3072Ei"),
        (-(1024**2), "-1Mi"),
    ],
)
def test_bytes(size: float, told: str) -> None:
    assert memory(size) == told


@given(st.floats(min_value=0.001, max_value=1e6))
def test_cores_come_back_nearly_as_they_were(cores: float) -> None:
    again = parse(cpu(cores))
    assert again is not None
    assert abs(again - cores) <= max(0.0006, cores * 0.006)


@given(st.integers(min_value=1, max_value=2**62))
def test_bytes_come_back_nearly_as_they_were(size: int) -> None:
    again = parse(memory(size))
    assert again is not None
    assert abs(again - size) <= max(1, size * 0.06)


@given(st.decimals(min_value=0, max_value=10**9, places=3), st.sampled_from(["", "m", "k", "Mi"]))
def test_every_written_number_is_read(value: Decimal, unit: str) -> None:
    assert parse(f"{value}{unit}") is not None


@given(st.text(max_size=80))
def test_no_text_breaks_it(said: str) -> None:
    found = parse(said)
    assert found is None or math.isfinite(found)
