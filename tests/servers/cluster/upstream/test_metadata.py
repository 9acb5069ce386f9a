"""Objects by their metadata alone."""

import pytest

from bailiwick.errors import Forbidden
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.upstream.metadata import about, names
from tests.parts.estate import Estate, made

pytestmark = pytest.mark.anyio
SECRET = BUILTIN["Secret"]


async def test_whether_something_is_there() -> None:
    cluster = Estate([made("Secret", "db", data={"password": "aHVudGVyMg=="})])
    status, found = await about(cluster, SECRET, "shop", "db")
    assert (status, found["metadata"]["name"]) == (200, "db")
    assert "data" not in found
    assert await about(cluster, SECRET, "shop", "other") == (404, {})
    closed = Estate(cluster.items, refused=frozenset({"Secret"}))
    assert await about(closed, SECRET, "shop", "db") == (403, {})


async def test_a_name_leads_nowhere_else() -> None:
    cluster = Estate()
    await about(cluster, SECRET, "shop", "../../x?y")
    assert cluster.paths == ["/api/v1/namespaces/shop/secrets/..%2F..%2Fx%3Fy"]


async def test_what_there_is_is_asked_for_without_its_contents() -> None:
    cluster = Estate([made("ConfigMap", "a"), made("ConfigMap", "b", "bank"), made("Pod", "p")])
    assert await names(cluster, BUILTIN["ConfigMap"], "shop") == ["a"]
    assert cluster.targets[0].bare
    with pytest.raises(Forbidden):
        await names(Estate(refused=frozenset({"ConfigMap"})), BUILTIN["ConfigMap"], "shop")
