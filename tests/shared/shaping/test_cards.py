import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.shaping.cards import is_card, mask_cards, masked

PAN = "4" + "1" * 15
MASKED = "411111******1111"


def spelt(separator: str) -> str:
    return separator.join(PAN[at : at + 4] for at in range(0, 16, 4))


FULLWIDTH = PAN.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
ARABIC = PAN.translate({ord("0") + n: 0x0660 + n for n in range(10)})
DEVANAGARI = PAN.translate({ord("0") + n: 0x0966 + n for n in range(10)})
BOLD = PAN.translate({ord("0") + n: 0x1D7CE + n for n in range(10)})

SPELLINGS = [
    PAN,
    spelt(" "), spelt("-"), spelt("."), spelt("/"), spelt("_"), spelt("\t"),
    spelt("\n"), spelt("\r\n"), spelt(" - "),
    spelt("\u00a0"), spelt("\u2007"), spelt("\u202f"), spelt("\u2009"), spelt("\u3000"),
    spelt("\u2010"), spelt("\u2011"), spelt("\u2013"), spelt("\u2014"), spelt("\u2212"),
    spelt("\u00b7"), spelt("\u00ad"), spelt("\u200b"), spelt("\u200d"), spelt("\u2060"),
    spelt("\ufeff"), spelt("\u202e"), spelt("\u2028"), "\u200b".join(PAN), " ".join(PAN),
    "-".join(PAN), FULLWIDTH, ARABIC, DEVANAGARI, BOLD,
    " ".join(PAN[at : at + 2] for at in range(0, 16, 2)),
    f"{PAN[:8]} {PAN[8:]}", f"{PAN[:6]}-{PAN[6:]}", f"{PAN[:4]} {PAN[4:12]} {PAN[12:]}",
    "4111-1111 1111.1111",
]  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("frame", ["{}", "card {}, thanks", '{{"n":"{}"}}', "<{}>", "号{}号"])
def test_every_spelling_is_masked(spelling: str, frame: str) -> None:
    counts: dict[str, int] = {}
    assert mask_cards(frame.format(spelling), counts) == frame.format(MASKED)
    assert counts == {"card number": 1}


def completed(start: str, length: int) -> str:
    """Fill up with digits, then the check digit."""
    body = (start + "0123456789" * 2)[: length - 1]
    return next(body + check for check in "0123456789" if luhn(body + check))


def luhn(digits: str) -> bool:
    total = sum(
        sum(divmod(int(digit) * (1 + at % 2), 10)) for at, digit in enumerate(reversed(digits))
    )
    return total % 10 == 0


ISSUED = [
    ("4", 13), ("4", 16), ("4", 19), ("51", 16), ("55", 16), ("2221", 16), ("2720", 16),
    ("34", 15), ("37", 15), ("6011", 16), ("644", 16), ("65", 16), ("300", 14), ("36", 14),
    ("38", 14), ("3528", 16), ("3589", 16), ("62", 16), ("62", 19), ("5018", 12), ("6304", 19),
    ("6759", 16), ("2200", 16), ("2204", 16), ("508", 16), ("6075", 16), ("81", 16),
]  # fmt: skip


@pytest.mark.parametrize(("start", "length"), ISSUED)
def test_issuers(start: str, length: int) -> None:
    number = completed(start, length)
    assert is_card(number)
    assert mask_cards(f"x {number} y", {}) == f"x {masked(number)} y"


@pytest.mark.parametrize(
    "text",
    ["3782 822463 10005", "3782-822463-10005", f"{PAN} 12/28 123", f"PAN={PAN};", f"no{PAN}",
     f"{PAN},{PAN}", f"{PAN} {PAN}", f"%B{PAN}^DOE/J^2812", f"order-{PAN}", f"'{PAN}'",
     f"2026-07-01 12:00:00 {PAN} paid 25.00", f"{PAN}."],
)  # fmt: skip
def test_cards_among_other_things(text: str) -> None:
    result = mask_cards(text, {})
    assert "******1111" in result or "*****0005" in result
    assert PAN not in result


LOOKALIKES = [
    "4111111111111112", "4111 1111 1111 1112", "5500000000000005", "1111111111111117",
    "0000000000000000", "9999999999999995", "7000000000000005", "1234567812345670",
    "411111111111111", "41111111111111111", "4111111111111111111111", f"1{PAN}1{PAN}",
    f"a{PAN}", f"{PAN}f", f"deadbeef{PAN}", f"0x{PAN}", f"order{PAN}", f"{PAN}abc",
    f"{PAN}.25", f"0.{PAN}", f"3.{PAN}", f"12.{PAN}",
    "1790000000123456789", "1790000000123456", "1790000000123", "1790000000",
    "2026-07-01T12:00:00.123456789Z", "2026-07-01 12:00:00.123456", "20260701120000123456",
    "20260701120000", "2026070112000012",
    "+49 30 1234 5678 90", "+1-202-555-0143", "0049 30 1234567890", "(555) 010-9999 ext 1234",
    "3f2b8c1e-6a57-4a1e-9c1f-0d2f6a1b2c3d", "41111111-1111-4111-8111-111111111111",
    "12345678-1234-4123-8123-411111111111", "a4111-1111-1111-1111b",
    "10.20.30.40", "192.168.100.200 10.0.0.1 172.16.0.1", "fe80::4111:1111:1111:1111",
    "2001:0db8:4111:1111:1111:1111:0000:0001",
    "DE89370400440532013000", "DE89 3704 0044 0532 0130 00", "GB82 WEST 1234 5698 7654 32",
    "FR1420041010050500013M02606", "sha256:4111111111111111aa", "4111111111111111e5f6",
    'resourceVersion: "18446744073709551615"', "resourceVersion=184467440737",
    "9223372036854775807", "18446744073709551615", "1 2 3 4 5 6 7 8 9 10 11 12 13 14",
    "0 1 0 1 0 1 0 1 0 1 0 1 0 1 0 1", "1024 2048 4096 8192", "100 200 300 400 500",
    "12 34 56 78 90 12 34 56", "4,111,111,111,111,111", "4111:1111:1111:1111",
    "ISBN 978-3-16-148410-0", "EAN 4006381333931", "1Z9999999999999999",
    "cpu 4005 1312 0 9134 2211 0 12 0 0 0", "4111*11111111111", "4111 1111 1111",
    "00:1B:44:11:3A:B7", "v1.2.3-20260701120000-abcdef012345", "411111******1111", "",
]  # fmt: skip


@pytest.mark.parametrize("text", LOOKALIKES)
def test_lookalikes_stay(text: str) -> None:
    counts: dict[str, int] = {}
    assert mask_cards(text, counts) == text
    assert counts == {}


@given(st.text(), st.sampled_from(SPELLINGS), st.text())
def test_a_planted_number_never_survives(before: str, spelling: str, after: str) -> None:
    result = mask_cards(f"{before}\n|{spelling}|\n{after}", {})
    assert spelling not in result
    assert MASKED in result


@given(st.text(alphabet="0123456789 -./\n\u200bab\uff141") | st.text())
def test_idempotent(text: str) -> None:
    once = mask_cards(text, {})
    assert mask_cards(once, {}) == once


@pytest.mark.parametrize("unit", ["1 ", "4111 ", "4", "4-", "4\u200b", "4111\n", "%B4"])
def test_time_grows_with_the_text(unit: str) -> None:
    text = (unit * 200_000)[:200_000]
    mask_cards(text, {})  # what grows with the square outlasts the patience of the tests
