"""Which lines go on with the one before."""

import pytest

from bailiwick_cluster.logs.continued import Part, hidden, part, raised


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("\tat com.example.Shop.pay(Shop.java:12)", Part.MORE),
        ("Caused by: java.sql.SQLException: closed", Part.MORE),
        ("... 12 more", Part.MORE),
        ('  File "/app/main.py", line 3, in pay', Part.MORE),
        ("", Part.MORE),
        ("}", Part.MORE),
        ("},", Part.MORE),
        ("created by main.start", Part.MORE),
        ("Traceback (most recent call last):", Part.OPENS),
        ("goroutine 1 [running]:", Part.OPENS),
        ("java.lang.IllegalStateException: no", Part.CAUSE),
        ("ValueError: no", Part.CAUSE),
        ("psycopg.OperationalError: no", Part.CAUSE),
        ("KeyboardInterrupt", Part.CAUSE),
        ("main.(*Server).Handle(0xc000, {0x1, 0x2})", Part.FRAME),
        ("-----BEGIN RSA PRIVATE KEY-----", Part.KEY),
        ("MIIE" * 16, Part.OPAQUE),
        ("listening on :8080", Part.WHOLE),
        ("   INFO app: a logger that indents", Part.WHOLE),
        ("connected to db (primary)", Part.WHOLE),
        ("ERROR ValueError: in the middle", Part.WHOLE),
        ("attention", Part.WHOLE),
    ],
)
def test_a_line_by_itself(line: str, what: Part) -> None:
    assert part(line) is what


def test_a_key_in_one_line_needs_no_more() -> None:
    assert part("x -----BEGIN PRIVATE KEY----- abc -----END PRIVATE KEY-----") is Part.WHOLE


@pytest.mark.parametrize(
    ("line", "more"),
    [
        (b"MIIEvQIBADANBg", True),
        (b"-----END PRIVATE KEY-----", True),
        (b"Proc-Type: 4,ENCRYPTED", True),
        (b"", True),
        (b"key written to disk", False),
        (b"ERROR: it broke badly today", False),
    ],
)
def test_lines_of_a_key(line: bytes, more: bool) -> None:
    assert hidden(line) is more


def test_what_was_raised_may_have_any_name() -> None:
    assert raised(b"requests.exceptions.ConnectTimeout: no")
    assert raised(b"StopIteration")
    assert not raised(b"a sentence follows")
