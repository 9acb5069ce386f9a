"""What `apply_change` takes: a plan's id and nothing else."""

import pytest
from pydantic import ValidationError

from bailiwick_cluster.tools.apply_change import apply_change

GOOD = "eu.shop.abcdefgh234567"


def test_it_takes_a_plan_and_nothing_else() -> None:
    assert set(apply_change.schema()["properties"]) == {"plan"}
    apply_change.arguments.model_validate({"plan": GOOD})
    apply_change.arguments.model_validate({"plan": "eu.-.abcdefgh234567"})
    for more in ({"force": True}, {"namespace": "shop"}, {"dry_run": False}):
        with pytest.raises(ValidationError):
            apply_change.arguments.model_validate({"plan": GOOD, **more})


@pytest.mark.parametrize("plan", ["", "x", GOOD + "\n", GOOD.upper(), f"{GOOD}; drop", "../x", 3])
def test_what_is_no_plan(plan: object) -> None:
    with pytest.raises(ValidationError):
        apply_change.arguments.model_validate({"plan": plan})


def test_policies_are_asked_what_the_plan_is_about() -> None:
    action = apply_change.action("cluster")
    assert action.kinds == ("Cluster", "Namespace")
    assert action.arguments == {"plan": str, "force": bool, "kinds": list, "deletes": bool}
