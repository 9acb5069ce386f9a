"""`explain_kind` on a real Kubernetes: its own schemas, and those of custom kinds."""

from collections.abc import Generator
from typing import Any

import anyio
import orjson
import pytest

from practice.facts import Ground
from tests.integration.conftest import Product
from tests.parts.ground import kubectl

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
HERE: dict[str, Any] = {"cluster": "practice"}
GROUP = "explained.bailiwick.test"
KIND = f"Widget.{GROUP}"


def version(name: str, *, storage: bool, deprecated: bool = False) -> dict[str, Any]:
    spec = {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {
                "type": "string",
                "enum": ["S", "L"],
                "default": "S",
                "description": "How large.",
            },
            "place": {
                "type": "string",
                "maxLength": 20,
                "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "it stays"}],
            },
            "parts": {
                "type": "array",
                "maxItems": 5,
                "x-kubernetes-list-type": "map",
                "x-kubernetes-list-map-keys": ["name"],
                "items": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"name": {"type": "string", "maxLength": 9}},
                },
            },
        },
        "x-kubernetes-validations": [{"rule": "self.size != 'L' || has(self.place)"}],
    }
    schema = {"type": "object", "description": "A widget of a test.", "properties": {"spec": spec}}
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "deprecated": deprecated,
        "schema": {"openAPIV3Schema": schema},
    }


@pytest.fixture(scope="module")
def widgets(ground: Ground) -> Generator[str]:
    """A custom kind of this test alone, with a version that is on its way out."""
    names = {"kind": "Widget", "plural": "widgets", "singular": "widget"}
    versions = [version("v1", storage=True), version("v1beta1", storage=False, deprecated=True)]
    made = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": versions},
    }
    kubectl(ground, "apply", "-f", "-", given=orjson.dumps(made).decode())
    try:
        kubectl(ground, "wait", "--for=condition=Established", f"crd/widgets.{GROUP}")
        yield KIND
    finally:
        kubectl(ground, "delete", "crd", f"widgets.{GROUP}", "--wait=false")


async def test_a_kind_of_its_own(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_kind", **HERE, kind="deploy")
    assert said.says == "Deployment (apps/v1), 8 fields, required: selector, template"
    assert said.rows[0][:3] == ["spec.selector", "LabelSelector", "yes"]
    assert ["spec.replicas", "int32", "", "default 1"] in [row[:4] for row in said.rows]
    assert "Deployment enables declarative updates" in said.inside
    assert "served as v1" in said.outside
    assert len(said.text.encode()) < 3_000


async def test_a_field_deep_inside(product: Product) -> None:
    async with product.as_("ana") as ana:
        probe = await ana.call(
            "explain_kind", **HERE, kind="Pod", field="spec.containers[*].livenessProbe"
        )
        pull = await ana.call(
            "explain_kind",
            **HERE,
            kind="Deployment",
            field="spec.template.spec.containers.imagePullPolicy",
        )
        wrong = await ana.call("explain_kind", **HERE, kind="Pod", field="spec.containers.imag")
    assert (
        probe.says == "Pod.spec.containers[].livenessProbe is Probe (v1), 10 fields, none required"
    )
    assert ["periodSeconds", "int32", "", "default 10"] in [row[:4] for row in probe.rows]
    assert "Always|IfNotPresent|Never" in pull.inside
    assert wrong.is_error
    assert "Pod.spec.containers[] has no field imag; near: image" in wrong.text


async def test_all_versions_under_which_it_is_served(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_kind", **HERE, kind="hpa")
    assert "served as v2, v1, the first preferred" in said.outside


async def test_every_kind_fits(product: Product) -> None:
    async with product.as_("ana") as ana:
        for kind, field in (
            ("Pod", ""),
            ("Pod", "spec.containers"),
            ("Node", "status"),
            ("crd", ""),
        ):
            said = await ana.call("explain_kind", **HERE, kind=kind, field=field)
            assert not said.is_error, said.text
            assert len(said.text.encode()) <= 3_000
            assert "more bytes" not in said.text


async def test_a_custom_kind_and_its_rules(product: Product, widgets: str) -> None:
    async with product.as_("ana") as ana:
        with anyio.fail_after(60):  # the schema is published a moment after the kind is served
            said = await ana.call("explain_kind", **HERE, kind=widgets)
            while said.is_error:
                await anyio.sleep(1)
                said = await ana.call("explain_kind", **HERE, kind=widgets)
        parts = await ana.call("explain_kind", **HERE, kind=widgets, field="spec.parts")
        spec = await ana.call("explain_kind", **HERE, kind=widgets, field="spec")
    assert said.says == f"Widget ({GROUP}/v1), 3 fields, required: size"
    rows = {row[0]: row for row in said.rows}
    assert rows["spec.size"] == ["spec.size", "string", "yes", "default S; S|L", "How large."]
    assert rows["spec.place"][3] == "length <= 20; immutable"
    assert rows["spec.parts"][1] == "[]object by name"
    assert "served as v1, v1beta1 (deprecated), the first preferred" in said.outside
    assert parts.says.startswith("Widget.spec.parts[] is []object")
    assert "self.size != 'L' || has(self.place)" in spec.inside


async def test_what_is_not_served(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("explain_kind", **HERE, kind="Widgt.example.com")
    assert said.is_error
    assert "does not serve" in said.text
