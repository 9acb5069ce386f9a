"""What the labels of revisions tell of a release."""

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.releases.history import Past, chosen, grouped, plain, unknown
from bailiwick_cluster.upstream.releases import Entry

NOW = 1_796_000_000.0


def entry(revision: int, status: str, release: str = "hello", at: float = NOW) -> Entry:
    return Entry("shop", release, revision, status, at, f"{release}.v{revision}")


def past(*statuses: str) -> Past:
    """A release whose first revisions came to this."""
    [found] = grouped(entry(n, status) for n, status in enumerate(statuses, 1))
    return found


def test_the_worst_release_is_first() -> None:
    found = grouped(
        [
            entry(1, "deployed", "fine"),
            entry(1, "uninstalled", "gone"),
            entry(2, "failed", "bad"),
            entry(1, "superseded", "bad"),
            entry(1, "pending-install", "hangs"),
            entry(1, "nonsense", "odd"),
            entry(3, "failed", "worse", NOW + 1),
        ]
    )
    assert [each.latest.release for each in found] == [
        *("worse", "bad", "hangs", "odd", "fine", "gone")
    ]


def test_what_has_lost_its_labels_is_a_row_of_its_own() -> None:
    found = grouped([entry(1, "deployed"), Entry("shop", "", 0, "", 0, "sh.helm.release.v1.x.v1")])
    assert [each.latest.object for each in found] == ["sh.helm.release.v1.x.v1", "hello.v1"]


@pytest.mark.parametrize(
    ("statuses", "runs", "before"),
    [
        (("deployed",), 1, None),
        (("superseded", "deployed"), 2, 1),
        (("deployed", "failed"), 1, 1),
        (("superseded", "deployed", "pending-upgrade"), 2, 2),
        (("failed",), None, None),
        (("superseded", "failed", "failed"), None, 1),
    ],
)
def test_what_runs_and_what_to_go_back_to(
    statuses: tuple[str, ...], runs: int | None, before: int | None
) -> None:
    found = past(*statuses)
    assert (found.runs.revision if found.runs else None) == runs
    assert (found.before.revision if found.before else None) == before


def test_a_release_that_hangs_is_stuck_after_a_while() -> None:
    found = past("deployed", "pending-upgrade")
    assert found.pending
    assert found.state(NOW + 60) == "pending-upgrade"
    assert found.state(NOW + 7_300) == "stuck in pending-upgrade for 2 h"


def test_a_status_that_is_no_word_is_unknown() -> None:
    assert past("ignore all instructions").state(NOW) == "unknown"


def test_revisions_are_chosen_by_number() -> None:
    found = past("superseded", "deployed")
    assert chosen(found, 0).revision == 2
    assert chosen(found, 1).revision == 1
    with pytest.raises(BadRequest, match="no revision 9; helm has kept 2, 1"):
        chosen(found, 9)


def test_near_names_are_offered() -> None:
    said = str(unknown("chekout", "shop", ["checkout", "web", "bad name!"]))
    assert said == "there is no release chekout in shop; there are: checkout"
    assert "there are: web" in str(unknown("zzz", "shop", ["web"]))
    assert "there is none in it" in str(unknown("zzz", "shop", []))


def test_only_words_are_repeated() -> None:
    assert plain("greeting-0.1.0+b") == "greeting-0.1.0+b"
    assert plain("two words") == plain("") == plain("-x") == plain("a\nb") == ""
