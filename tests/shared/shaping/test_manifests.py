import pytest

from bailiwick.shaping.manifests import data_mark, mask_manifests

V = "hunter" + "2x"


@pytest.mark.parametrize(
    "text",
    [
        f"data:\n  a: {V}\n",
        f"data:\n  a: '{V}'\r\n  b: {V}\r\n",
        f"- stringData:\n    a: |\n      {V}\n\n      {V}\n    b: {V}\n",
        f'"data": {{"a": "{V}", "b": "{V}',
        f'\\"data\\": {{\\"a\\": \\"{V}\\"}}',
        f'"data" : {{\n  "a" : "{V}"\n}}',
    ],
)
def test_values_go_and_keys_stay(text: str) -> None:
    counts: dict[str, int] = {}
    result = mask_manifests(text, counts)
    assert V not in result
    assert "a" in result
    assert counts["Secret data"] >= 1
    assert mask_manifests(result, {}) == result


def test_the_block_ends_with_its_indentation() -> None:
    text = "data:\n  a: x1\nmetadata:\n  name: web\n"
    assert mask_manifests(text, {}).endswith("metadata:\n  name: web\n")


def test_sizes_are_of_what_is_encoded() -> None:
    assert data_mark("aGVsbG8=") == "[redacted: Secret data, 5 bytes]"
    assert data_mark("aGVsbG8=", encoded=False) == "[redacted: Secret data, 8 bytes]"
    assert data_mark("not base64!") == "[redacted: Secret data, 11 bytes]"
