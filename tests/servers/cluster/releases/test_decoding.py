"""Revisions as helm packs them, and whatever else may stand in their place."""

import base64
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.releases.decoding import MOST_BYTES, Broken, Release, decoded
from bailiwick_cluster.releases.decoding import release as read
from tests.parts.helm import packed, release


def twice(raw: bytes) -> str:
    return base64.b64encode(base64.b64encode(raw)).decode()


def test_a_secret_holds_a_release() -> None:
    found = decoded(packed(release()), "secret")
    assert isinstance(found, Release)
    assert (found.chart, found.version, found.app_version) == ("greeting", "0.1.0", "1.2.0")
    assert (found.revision, found.status, found.server_side) == (3, "deployed", True)
    assert found.updated == pytest.approx(1_796_011_296.237861)
    assert found.values == {"password": "practice-fake-set"}


def test_a_config_map_is_encoded_once_less() -> None:
    assert isinstance(decoded(packed(release(), layers=1), "configmap"), Release)


def test_what_was_kept_before_helm_compressed_is_read() -> None:
    raw = gzip.decompress(base64.b64decode(packed(release(), layers=1)))
    assert isinstance(decoded(twice(raw), "secret"), Release)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "it is empty"),
        ("%%%", "it is not base64"),
        ("ö", "it is not base64"),
        (twice(b"\x1f\x8bnonsense"), "it is not gzip"),
        (twice(gzip.compress(b"{}", mtime=0)[:-9]), "it is cut off"),
        (twice(gzip.compress(b"not json", mtime=0)), "it is not JSON"),
        (twice(gzip.compress(b"[1]", mtime=0)), "it is not a release"),
        (twice(b"null"), "it is not a release"),
    ],
)
def test_what_is_no_release_says_why(body: str, why: str) -> None:
    assert decoded(body, "secret") == Broken(why)


def test_a_bomb_is_not_unpacked_further_than_a_release_may_be_large() -> None:
    packing = zlib.compressobj(9, wbits=31)
    body = b"".join(packing.compress(bytes(1_000_000)) for _ in range(60)) + packing.flush()
    assert len(body) < 100_000
    assert decoded(twice(body), "secret") == Broken(
        f"it unpacks to more than {MOST_BYTES // 1_000_000} MB"
    )


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from([*release(), "other"]), _JSON))
def test_a_release_of_any_shape_is_read(found: dict[str, object]) -> None:
    assert isinstance(read(found), Release)


def test_hooks_tell_when_they_run_and_how_they_went() -> None:
    hook = {
        "name": "before",
        "kind": "Job",
        "events": ["pre-install", "pre-upgrade"],
        "last_run": {"phase": "Failed"},
        "manifest": "kind: Job",
    }
    [found] = read(release(hooks=[hook, "nonsense", None])).hooks
    assert (found.kind, found.name, found.phase) == ("Job", "before", "Failed")
    assert found.events == ("pre-install", "pre-upgrade")
