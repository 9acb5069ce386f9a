"""What takes a change back."""

from typing import Any

import pytest

from bailiwick_cluster.changing.step import Change, Step, cleaned
from bailiwick_cluster.changing.undoing import Done, undoing
from bailiwick_cluster.kinds import BUILTIN


def _done(kind: str, name: str, before: Any, after: Any) -> Done:
    inside = "shop" if BUILTIN[kind].namespaced else None
    step = Step(verb="apply", kind=BUILTIN[kind], namespace=inside, name=name, effect="")
    return Done(step, before, after)


def test_it_goes_backwards_and_names_what_it_undoes() -> None:
    made = {"metadata": {"uid": "u1"}}
    old, new = {"metadata": {"uid": "u2"}, "data": {"a": "1"}}, {"metadata": {"uid": "u2"}}
    done = [_done("Namespace", "new", None, made), _done("ConfigMap", "web", old, new),
            _done("Service", "gone", old, None)]  # fmt: skip
    back = undoing(Change(cluster="eu"), "eu.-.plan", done)
    assert (back.undoes, back.deletes, back.on_failure) == ("eu.-.plan", True, "keep")
    assert [(step.verb, step.effect) for step in back.steps] == [
        ("create", "make Service shop/gone anew as it was"),
        ("put", "put ConfigMap shop/web back as it was before"),
        ("delete", "delete Namespace new and everything in it"),
    ]
    assert back.steps[2].uid == "u1"
    assert back.steps[1].body == old


@pytest.mark.parametrize("kind", ["CustomResourceDefinition", "PersistentVolumeClaim"])
def test_what_goes_with_it_is_told(kind: str) -> None:
    [step] = undoing(Change(cluster="eu"), "p", [_done(kind, "x", None, {})]).steps
    assert " and " in step.effect


def test_what_the_api_put_in_is_left_out() -> None:
    found: dict[str, Any] = {
        "metadata": {"uid": "u", "name": "a", "managedFields": []},
        "status": 1,
        "spec": 2,
    }
    assert cleaned(found) == {"metadata": {"name": "a"}, "spec": 2}
    assert cleaned({"metadata": 3}) == {"metadata": {}}
