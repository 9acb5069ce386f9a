"""What `preview_change` takes, and what becomes of it in records and policies."""

from typing import Any

import pytest
from pydantic import ValidationError

from bailiwick_cluster.tools.preview_change import preview_change

HERE: dict[str, Any] = {"cluster": "eu", "namespace": "shop"}


def test_what_may_hold_secrets_is_sealed() -> None:
    assert preview_change.sealed == {"manifests", "patch", "values"}
    assert preview_change.sealed.isdisjoint(preview_change.scalars)


@pytest.mark.parametrize(
    "given",
    [
        {"manifests": "a" * 1_000_001}, {"patch": "a" * 200_001}, {"kind": "Nothing"},
        {"name": "a/b"}, {"name": "a\nb"}, {"release": "--x"}, {"chart": "file:///x"},
        {"version": "a b"}, {"on_failure": "forget"}, {"force": "yes"}, {"namespace": "A"},
        {"dry_run": False},
    ],
)  # fmt: skip
def test_what_it_does_not_take(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        preview_change.arguments.model_validate({**HERE, **given})


def test_kinds_are_called_by_one_name() -> None:
    for said in ("deploy", "deployments", "Deployment", "deployment.apps"):
        made = dict(preview_change.arguments.model_validate({**HERE, "kind": said}))
        assert made["kind"] == "Deployment"
    assert dict(preview_change.arguments.model_validate(HERE))["kind"] == ""
