"""A verb and a resource as people write them, as the API's authorizers see them."""

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.rights.question import wanted
from bailiwick_cluster.upstream.reviews import Attributes
from tests.parts.kept import Kept

pytestmark = pytest.mark.anyio
CERTIFICATE = KindInfo("Certificate.cert-manager.io", "cert-manager.io", "v1", "certificates", True)
EU = Kept({}, more={"Certificate.cert-manager.io": CERTIFICATE})


@pytest.mark.parametrize(
    ("verb", "resource", "name", "asked", "label"),
    [
        ("get", "pods", "", Attributes("get", "", "pods", "", "shop"), "get Pod"),
        ("get", "po", "web", Attributes("get", "", "pods", "", "shop", "web"), "get Pod web"),
        ("list", "Deployment", "", Attributes("list", "apps", "deployments", "", "shop"),
         "list Deployment"),
        ("create", "pods/exec", "", Attributes("create", "", "pods", "exec", "shop"),
         "create Pod/exec"),
        ("exec", "pod", "web", Attributes("create", "", "pods", "exec", "shop", "web"),
         "create Pod/exec web"),
        ("logs", "pod", "", Attributes("get", "", "pods", "log", "shop"), "get Pod/log"),
        ("scale", "deploy", "", Attributes("patch", "apps", "deployments", "scale", "shop"),
         "patch Deployment/scale"),
        ("get", "Certificate.cert-manager.io", "",
         Attributes("get", "cert-manager.io", "certificates", "", "shop"),
         "get Certificate.cert-manager.io"),
        ("get", "issuers.cert-manager.io", "",
         Attributes("get", "cert-manager.io", "issuers", "", "shop"),
         "get issuers.cert-manager.io"),
        ("*", "*", "", Attributes("*", "*", "*", "", "shop"), "* anything"),
    ],
)  # fmt: skip
async def test_in_a_namespace(
    verb: str, resource: str, name: str, asked: Attributes, label: str
) -> None:
    found = await wanted(EU, verb, resource, name, "shop")
    assert (found.asked, found.label, found.where) == (asked, label, " in shop")


async def test_what_is_in_no_namespace() -> None:
    node = await wanted(EU, "delete", "no", "n1", None)
    assert (node.asked, node.where) == (Attributes("delete", "", "nodes", name="n1"), "")
    users = await wanted(EU, "impersonate", "users", "", None)
    assert users.asked == Attributes("impersonate", "", "users")
    signers = await wanted(EU, "approve", "certificatesigningrequests/approval", "", None)
    assert signers.asked.group == "certificates.k8s.io"
    path = await wanted(EU, "get", "/metrics", "", None)
    assert (path.asked, path.label, path.where) == (
        Attributes("get", path="/metrics"), "get /metrics", "",
    )  # fmt: skip
    pods = await wanted(EU, "get", "pods", "", None)
    assert (pods.where, pods.spaced) == (" in every namespace", True)


async def test_a_namespace_is_asked_for_as_the_api_does_it_in_itself() -> None:
    assert (await wanted(EU, "get", "ns", "shop", None)).asked.namespace == "shop"
    assert (await wanted(EU, "list", "ns", "", None)).asked.namespace == ""
    with pytest.raises(BadRequest, match="is not in bank"):
        await wanted(EU, "get", "ns", "shop", "bank")


@pytest.mark.parametrize(
    ("resource", "name", "namespace", "said"),
    [
        ("node", "", "shop", "Node is not in a namespace; leave"),
        ("users", "", "shop", "users is not in a namespace"),
        ("/metrics", "x", None, "a path has neither name nor namespace"),
        ("/metrics", "", "shop", "a path has neither name nor namespace"),
        ("widgets", "", None, "no resource 'widgets' is known; say a kind"),
    ],
)
async def test_what_cannot_be_asked(
    resource: str, name: str, namespace: str | None, said: str
) -> None:
    with pytest.raises(BadRequest, match=said):
        await wanted(EU, "get", resource, name, namespace)
