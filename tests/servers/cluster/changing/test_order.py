"""What is written first."""

from bailiwick_cluster.changing.order import ordered, rank
from bailiwick_cluster.changing.step import Step
from bailiwick_cluster.kinds import BUILTIN, KindInfo

WANTED = [
    "Namespace", "CustomResourceDefinition", "ServiceAccount", "Role", "RoleBinding", "ConfigMap",
    "PersistentVolumeClaim", "Service", "Deployment", "HorizontalPodAutoscaler", "Ingress",
    "ValidatingWebhookConfiguration",
]  # fmt: skip


def _step(kind: str, name: str = "a") -> Step:
    return Step(verb="apply", kind=BUILTIN[kind], namespace=None, name=name, effect="")


def test_each_finds_what_it_needs() -> None:
    steps = [_step(kind) for kind in WANTED]
    steps.reverse()
    assert [step.kind.name for step in ordered(steps)] == WANTED


def test_what_is_equal_stays_as_given() -> None:
    steps = [_step("Secret", "b"), _step("ConfigMap", "a"), _step("Secret", "a")]
    assert ordered(steps) == steps


def test_custom_kinds_go_before_what_watches_them_all() -> None:
    assert rank("Deployment") < rank("Certificate.cert-manager.io")
    assert rank("Certificate.cert-manager.io") < rank("MutatingWebhookConfiguration")
    assert isinstance(BUILTIN["Pod"], KindInfo)
