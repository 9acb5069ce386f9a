"""Whoever may not read a document cannot tell it from one that is not there, whatever is asked.

Everything is asked twice, of an index with hidden documents and of one without: the answers must be
the same to the byte. The questions are then put by somebody who may read them, to show that there
was something to hide.
"""

from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest

from tests.servers.retrieval.secrets_book import CALLS, FOUND, asked

Answers = Mapping[str, str]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Answers]:
    """Ask the index that has nothing to hide."""
    at = tmp_path_factory.mktemp("alone")
    return at, anyio.run(asked, at, False, ("local",))


@pytest.fixture(scope="module")
def together(
    tmp_path_factory: pytest.TempPathFactory, alone: tuple[Path, Answers]
) -> tuple[Path, Answers]:
    """Ask the index with hidden documents in it; digests and cursors are made with the same key."""
    at = tmp_path_factory.mktemp("together")
    (at / "state").mkdir(mode=0o700)
    (at / "state" / "digest.key").write_bytes((alone[0] / "state" / "digest.key").read_bytes())
    (at / "state" / "digest.key").chmod(0o600)
    return at, anyio.run(asked, at, True, ("local",))


@pytest.fixture(scope="module")
def insider(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """Ask it as somebody who may read everything but what nobody may."""
    at = tmp_path_factory.mktemp("insider")
    return anyio.run(asked, at, True, ("local", "sre", "board"))


@pytest.mark.parametrize("name", CALLS)
def test_hidden_documents_change_no_answer(
    name: str, alone: tuple[Path, Answers], together: tuple[Path, Answers]
) -> None:
    assert together[1][name] == alone[1][name]


@pytest.mark.parametrize("name", CALLS)
def test_no_answer_has_a_word_of_them(name: str, together: tuple[Path, Answers]) -> None:
    said = together[1][name].casefold()
    assert "quixotic" not in said
    assert "gilded" not in said


@pytest.mark.parametrize("name", FOUND)
def test_who_may_read_them_gets_another_answer(
    name: str, together: tuple[Path, Answers], insider: Answers
) -> None:
    assert insider[name] != together[1][name]


def test_nobody_reads_what_is_for_nobody(insider: Answers) -> None:
    assert not [name for name, said in insider.items() if "gilded" in said.casefold()]


def test_most_questions_have_an_answer(alone: tuple[Path, Answers]) -> None:
    bugs = [name for name, said in alone[1].items() if "[bug" in said or "internal error" in said]
    assert bugs == []
    assert sum("pool.md" in said for said in alone[1].values()) >= 12
