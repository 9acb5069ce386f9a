"""As whom clusters are asked: who is the same to them, and who is not."""

from dataclasses import replace
from typing import Any

import pytest

from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from tests.parts.gates import ANA, BO

TWIN = replace(ANA, client="other")
AUDITOR = replace(ANA, groups=frozenset({"audit"}))


def acting(**settings: Any) -> list[str]:
    made = KubernetesClusters({"eu": ClusterSettings(**settings)})
    return [made.acting("eu", who) for who in (ANA, TWIN, AUDITOR, BO)]


def test_callers_are_told_apart_by_name_and_groups() -> None:
    ana, twin, auditor, bo = acting()
    assert ana == twin
    assert len({ana, auditor, bo}) == 3


def test_groups_that_are_not_passed_on_make_no_difference() -> None:
    ana, twin, auditor, bo = acting(groups=("lead",))
    assert ana == twin == auditor
    assert bo != ana


def test_with_tokens_of_their_own_people_are_told_apart() -> None:
    ana, twin, auditor, bo = acting(act_as="token")
    assert ana == twin == auditor == "practice/ana"
    assert bo == "practice/bo"


@pytest.mark.parametrize("act_as", ["kubeconfig", "service_account"])
def test_elsewhere_all_are_one(act_as: str) -> None:
    assert set(acting(act_as=act_as)) == {""}


def test_of_the_kubeconfig_at_hand_all_are_one_and_it_is_not_read() -> None:
    assert {KubernetesClusters({}).acting("eu", who) for who in (ANA, BO)} == {""}
