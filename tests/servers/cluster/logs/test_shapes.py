"""Lines that differ in numbers and ids have one shape, and others have not."""

from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.logs.shapes import shaped


def shape(line: bytes) -> int:
    ((same, key),) = shaped(line)
    assert same == line
    return key


def test_numbers_and_ids_do_not_matter() -> None:
    assert shape(b"order 12 took 3.5 ms") == shape(b"order 99871 took 12.25 ms")
    assert shape(b"req 9f3a2c1d8e done") == shape(b"req 0a1b2c3d4e done")
    a, b = b"id 123e4567-e89b-12d3-a456-426614174000", b"id 00000000-aaaa-bbbb-cccc-1234567890ab"
    assert shape(a) == shape(b)


def test_words_do() -> None:
    assert shape(b"order added") != shape(b"order faded")
    assert shape(b"INFO order 1") != shape(b"ERROR order 1")


@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b" ")), min_size=1))
def test_every_line_gets_one(lines: list[bytes]) -> None:
    found = list(shaped(b"\n".join(lines)))
    assert [line for line, _ in found] == lines
    assert [key for _, key in found] == [shape(line) for line in lines]
