"""Versions of Kubernetes' own APIs that are gone, from the Kubernetes deprecation guide. Pure."""

from typing import Any

from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Object

GONE = {
    "extensions/v1beta1": "1.22", "apps/v1beta1": "1.16", "apps/v1beta2": "1.16",
    "networking.k8s.io/v1beta1": "1.22", "batch/v1beta1": "1.25", "policy/v1beta1": "1.25",
    "discovery.k8s.io/v1beta1": "1.25", "events.k8s.io/v1beta1": "1.25",
    "autoscaling/v2beta1": "1.25", "autoscaling/v2beta2": "1.26",
    "rbac.authorization.k8s.io/v1beta1": "1.22", "storage.k8s.io/v1beta1": "1.27",
    "admissionregistration.k8s.io/v1beta1": "1.22", "apiregistration.k8s.io/v1beta1": "1.22",
    "apiextensions.k8s.io/v1beta1": "1.22", "flowcontrol.apiserver.k8s.io/v1beta3": "1.32",
}  # fmt: skip
"""The first release that no longer serves each."""
WRITTEN = "written"
"""Where a projection keeps which of them an object was written with, and by whom."""


def written(found: Object) -> dict[str, Any]:
    """Keep the writers of an object that used a version which is gone; nothing where none did."""
    old = [
        {"version": text(each, "apiVersion"), "manager": text(each, "manager")}
        for each in listing(found, "metadata", "managedFields")
        if text(each, "apiVersion") in GONE
    ]
    return {WRITTEN: old} if old else {}
