"""What lines of all formats say."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.said import decoded, said, shown


@pytest.mark.parametrize(
    ("line", "level", "text"),
    [
        (b'{"level":"error","msg":"pool exhausted","ts":1.5}', Level.ERROR, "pool exhausted"),
        (
            b'{"@timestamp":"2026-11-24","log.level":"warn","message":"slow","error":"timeout"}',
            Level.WARN,
            "slow timeout",
        ),
        (b'{"log":{"level":"error"},"message":"x","error":{"message":"y"}}', Level.ERROR, "x y"),
        (b'{"severity":"CRITICAL","message":"x"}', Level.ERROR, "x"),
        (b'{"level":50,"msg":"x"}', Level.ERROR, "x"),
        (b'{"level":30,"msg":"x"}', Level.INFO, "x"),
        (b'{"a":1,"b":"two"}', Level.INFO, "a=1 b=two"),
        (
            b"E1124 08:00:00.123456       1 reflector.go:205] failed to list",
            Level.ERROR,
            "failed to list",
        ),
        (
            b'time="2026-11-24T08:00:00Z" level=error msg="no route" err="x y"',
            Level.ERROR,
            "no route x y",
        ),
        (b"2026-11-24 08:00:00,123 ERROR [main] broken", Level.ERROR, "ERROR [main] broken"),
        (
            b'10.0.0.1 - - "GET /a HTTP/1.1" 503 12',
            Level.ERROR,
            '10.0.0.1 - - "GET /a HTTP/1.1" 503 12',
        ),
        (b"GET /healthz 200 0.4 ms", Level.INFO, "GET /healthz 200 0.4 ms"),
        (b"GET /healthz 500 0.4 ms", Level.ERROR, "GET /healthz 500 0.4 ms"),
        (b"\x1b[31mERROR\x1b[0m red", Level.ERROR, "ERROR red"),
        (
            b"Zahlung \xfcber 5 EUR abgelehnt ERROR",
            Level.ERROR,
            "Zahlung über 5 EUR abgelehnt ERROR",
        ),
        (b"", Level.INFO, ""),
    ],
)
def test_level_and_text(line: bytes, level: Level, text: str) -> None:
    found = said(line)
    assert (found.level, found.text) == (level, text)


def test_what_is_not_declared_is_not_sure() -> None:
    assert said(b"ERROR x").sure
    assert not said(b"out of memory").sure
    assert not said(b"GET /a 500 1 ms").sure
    assert said(b"GET /a 200 1 ms").sure


def test_a_digit_that_tells_is_found_in_the_line() -> None:
    for line, digit in ((b"GET /a 503 1 ms", b"5"), (b'{"level":40,"msg":"x"}', b"4")):
        tells = said(line).tells
        assert tells is not None
        hit = tells.search(line)
        assert hit is not None
        assert hit[1] == digit
    assert said(b'{"level":"info","msg":"x"}').tells is None


def test_json_is_shown_with_its_message_first_and_no_time_or_level() -> None:
    line = (
        b'{"ts":1,"level":"error","user":"ana","msg":"refused","err":"timeout","empty":"",'
        b'"deep":{"a":1},"stack":"a\\nb"}'
    )
    assert shown(line) == ("refused err=timeout user=ana", "a\nb")


def test_logfmt_and_klog_are_shown_so_too() -> None:
    assert shown(b'time="08:00" level=info msg="a b" k=v')[0] == "a b k=v"
    assert shown(b"W1124 08:00:00.1 1 a.go:7] slow")[0] == "a.go:7] slow"


def test_a_line_of_a_megabyte_is_read_by_its_beginning() -> None:
    found = said(b"ERROR " + b"x" * 1_000_000)
    assert found.level is Level.ERROR
    assert len(found.text) <= 8_000


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(line: bytes) -> None:
    found = said(line)
    assert isinstance(decoded(line), str)
    assert isinstance(shown(line)[0], str)
    assert found.level in Level


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats() | st.text(max_size=9),
    lambda deeper: (
        st.lists(deeper, max_size=3) | st.dictionaries(st.text(max_size=5), deeper, max_size=3)
    ),
    max_leaves=8,
)
_KEYS = st.sampled_from(["level", "msg", "error", "log", "severity", "stack", "ts", "x"])


@given(st.dictionaries(_KEYS, _JSON, max_size=6))
def test_any_json_can_be_read(line: dict[str, object]) -> None:
    raw = orjson.dumps(line)
    assert said(raw).level in Level
    assert isinstance(shown(raw)[0], str)


def test_what_shows_nothing_is_read_past_and_shown() -> None:
    line = "ER\u200bROR \u202ex".encode()
    assert said(line).level is Level.ERROR
    assert shown(line)[0] == "ER\u200bROR \u202ex"
