"""Where a shared store is: what is refused, and that nothing of the address is told."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bailiwick.errors import BadConfig
from bailiwick.sharing import address
from bailiwick.sharing.address import POSTGRES, RATES

SECRET = "swordfish"
HOSTS = [
    "db",
    "10.0.0.7",
    "db.example.com:5432",
    "127.0.0.1,db",
    "localhost,127.0.0.2",
    "[2001::1]",
]


def read(tmp_path: Path, text: str, *, plain: bool = False, rates: bool = False) -> str:
    file = tmp_path / "address"
    file.write_text(text)
    return address.read(file, RATES if rates else POSTGRES, plain=plain)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://b:x@127.0.0.1/b",
        "postgres://b:x@localhost:5432/b",
        "postgresql://b:x@[::1]/b",
        "postgresql://b:x@127.0.0.1:1,localhost:2/b",
        "postgresql://b:x@db/b?sslmode=verify-full&sslrootcert=/ca",
        "postgresql:///b?host=127.0.0.1",
    ],
)
def test_an_address_may_be(tmp_path: Path, url: str) -> None:
    assert read(tmp_path, f" {url}\n") == url


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("mode", ["", "?sslmode=require", "?sslmode=verify-ca", "?sslmode=disable"])
def test_plain_text_stays_on_the_machine(tmp_path: Path, host: str, mode: str) -> None:
    url = f"postgresql://b:{SECRET}@{host}/b{mode}"
    with pytest.raises(BadConfig, match="verify-full") as told:
        read(tmp_path, url)
    assert SECRET not in str(told.value)
    assert read(tmp_path, url, plain=True) == url


def test_a_host_hidden_in_a_parameter_counts(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="without TLS"):
        read(tmp_path, "postgresql://b@127.0.0.1/b?host=db")


@pytest.mark.parametrize(
    ("url", "cure"), [("redis://:x@store/0", "rediss://"), ("valkey://:x@store/0", "valkeys://")]
)
def test_so_do_rates(tmp_path: Path, url: str, cure: str) -> None:
    with pytest.raises(BadConfig, match=cure):
        read(tmp_path, url, rates=True)
    for safe in (url.replace("://", "s://"), url.replace("store", "127.0.0.1")):
        assert read(tmp_path, safe, rates=True) == safe


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_whatever_stands_in_the_file_is_refused_in_our_words(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("address")
    with pytest.raises(BadConfig) as told:
        read(folder, f"http://{SECRET}{text}")
    assert SECRET not in str(told.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="cannot read the address in .*gone: FileNotFoundError"):
        address.read(tmp_path / "gone", POSTGRES, plain=False)
    with pytest.raises(BadConfig, match="names no host"):
        read(tmp_path, "postgresql:///b")
