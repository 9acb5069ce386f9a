"""NetworkPolicies: against a plain reading of their JSON that tries each address."""

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bailiwick_cluster.traffic.address import Share, span
from bailiwick_cluster.traffic.evaluation import Dial, Peer, judge, uses_blocks
from bailiwick_cluster.traffic.pod import Pod, PodPort
from bailiwick_cluster.traffic.policy import Policy, Side, policy, slim, told

SPACES = {"shop": {"team": "front"}, "bank": {"team": "back", "strict": "yes"}}
ALL: st.SearchStrategy[Any] = st.just({})
KEYS, VALUES = ("app", "tier"), ("web", "db")
LABELS = st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))


def expressions(keys: tuple[str, ...], values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    key = st.sampled_from(keys)
    among = st.lists(st.sampled_from(values), min_size=1, max_size=2)
    return st.one_of(
        st.fixed_dictionaries(
            {"key": key, "operator": st.sampled_from(("In", "NotIn")), "values": among}
        ),
        st.fixed_dictionaries(
            {"key": key, "operator": st.sampled_from(("Exists", "DoesNotExist"))}
        ),
    )


def selectors(keys: tuple[str, ...], values: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Make selectors that say little, so that many fit: nothing, a label, or an expression."""
    one = st.dictionaries(st.sampled_from(keys), st.sampled_from(values), min_size=1, max_size=1)
    two = st.lists(expressions(keys, values), min_size=1, max_size=2)
    return st.one_of(
        ALL,
        st.fixed_dictionaries({"matchLabels": one}),
        st.fixed_dictionaries({"matchExpressions": two}),
        st.fixed_dictionaries({"matchLabels": one, "matchExpressions": two}),
    )


SELECTOR = selectors(KEYS, VALUES)
SPACE = selectors(("team", "strict"), ("front", "back", "yes"))


def block(cidr: str, holes: list[str]) -> dict[str, Any]:
    return {"cidr": cidr, **({"except": holes} if holes else {})}


BLOCK = st.builds(
    block,
    st.sampled_from(("10.0.0.0/28", "10.0.0.0/29", "10.0.0.8/29", "10.0.0.4/30", "10.0.0.3/32")),
    st.lists(st.sampled_from(("10.0.0.2/31", "10.0.0.8/30", "10.0.0.0/30")), max_size=2),
)
PEER: st.SearchStrategy[Any] = st.one_of(
    st.fixed_dictionaries({"podSelector": SELECTOR}),
    st.fixed_dictionaries({}, optional={"podSelector": SELECTOR, "namespaceSelector": SPACE}),
    st.fixed_dictionaries({"ipBlock": BLOCK}),
)


@st.composite
def ports(draw: st.DrawFn) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if draw(st.booleans()):
        said["protocol"] = draw(st.sampled_from(("TCP", "UDP")))
    if draw(st.booleans()):
        said["port"] = draw(st.sampled_from((80, 81, "http")))
    if isinstance(said.get("port"), int) and draw(st.booleans()):
        said["endPort"] = 82
    return said


def rules(peers: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    rule = st.fixed_dictionaries(
        {peers: st.lists(PEER, max_size=2)}, optional={"ports": st.lists(ports(), max_size=2)}
    )
    return st.lists(rule, max_size=2)


def named(space: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"metadata": {"namespace": space, "name": name}, "spec": spec}


POLICY = st.builds(
    named,
    st.sampled_from(tuple(SPACES)),
    st.sampled_from("abc"),
    st.fixed_dictionaries(
        {"podSelector": ALL | SELECTOR},
        optional={
            "policyTypes": st.lists(st.sampled_from(("Ingress", "Egress")), unique=True),
            "ingress": rules("from"),
            "egress": rules("to"),
        },
    ),
)


def at(space: str, name: str, labels: dict[str, str], last: int, own: Sequence[PodPort]) -> Pod:
    return Pod(space, name, labels, (f"10.0.0.{last}",), own)


PODS = st.builds(
    at,
    st.sampled_from(tuple(SPACES)),
    st.sampled_from(("p", "q")),
    LABELS,
    st.integers(0, 15),
    st.sampled_from(
        ((), (PodPort(80, "TCP", "http"),), (PodPort(81, "UDP", "http"), PodPort(82, "TCP", "")))
    ),
)
PORTS = st.tuples(st.sampled_from(("TCP", "TCP", "UDP")), st.integers(79, 83))
MANY = settings(max_examples=600, deadline=None)


def fits(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    for key, value in selector.get("matchLabels", {}).items():
        if key not in labels or labels[key] != value:
            return False
    for each in selector.get("matchExpressions", []):
        has = each["key"] in labels
        among = has and labels[each["key"]] in each.get("values", [])
        if not {"In": among, "NotIn": not among, "Exists": has, "DoesNotExist": not has}[
            each["operator"]
        ]:
            return False
    return True


def open_(
    policies: list[dict[str, Any]], side: Side, pod: Pod, other: Pod | str, port: tuple[str, int]
) -> bool:
    """Say for one other end, a pod or one address, whether a side lets it pass: by the JSON."""
    own = [p for p in policies if p["metadata"]["namespace"] == pod.namespace]
    shut = False
    for each in own:
        spec = each["spec"]
        kinds = spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]
        if side.capitalize() not in kinds or not fits(spec["podSelector"], dict(pod.labels)):
            continue
        shut = True
        owner = other if side == "egress" else pod
        for rule in spec.get(side, []):
            names = _names(owner, port)
            if _port(rule.get("ports"), port, names) and _peer(
                rule.get("from" if side == "ingress" else "to"), pod.namespace, other
            ):
                return True
    return not shut


def _names(owner: Pod | str, port: tuple[str, int]) -> set[str]:
    own = owner.ports if isinstance(owner, Pod) else ()
    return {each.name for each in own if (each.protocol, each.number) == port}


def _port(said: list[dict[str, Any]] | None, port: tuple[str, int], names: set[str]) -> bool:
    if not said:
        return True
    for each in said:
        if each.get("protocol", "TCP") != port[0]:
            continue
        number = each.get("port")
        if number is None or (isinstance(number, str) and number in names):
            return True
        if isinstance(number, int) and number <= port[1] <= each.get("endPort", number):
            return True
    return False


def _peer(said: list[dict[str, Any]] | None, home: str, other: Pod | str) -> bool:
    if not said:
        return True
    at = other.addresses[0] if isinstance(other, Pod) else other
    for each in said:
        if "ipBlock" in each:
            block = each["ipBlock"]
            inside = ip_address(at) in ip_network(block["cidr"])
            if inside and not any(ip_address(at) in ip_network(e) for e in block.get("except", [])):
                return True
        elif isinstance(other, Pod) and each:
            spaced = (
                fits(each["namespaceSelector"], SPACES[other.namespace])
                if "namespaceSelector" in each
                else other.namespace == home
            )
            if spaced and fits(each.get("podSelector", {}), dict(other.labels)):
                return True
    return False


def read(policies: list[dict[str, Any]], space: str) -> list[Policy]:
    """Read as the product does, the projection included."""
    own = [p for p in policies if p["metadata"]["namespace"] == space]
    return [policy(kept) for each in own if (kept := slim(each)) is not None]


@MANY
@given(st.lists(POLICY, max_size=4), PODS, PODS, PORTS, st.sampled_from(("ingress", "egress")))
def test_between_pods_it_is_exactly_what_the_json_says(
    policies: list[dict[str, Any]], pod: Pod, other: Pod, port: tuple[str, int], side: Side
) -> None:
    owner = pod if side == "ingress" else other
    dial = Dial(*port, owner.names(port[1], port[0]))
    peer = Peer(other, SPACES[other.namespace])
    found = judge(read(policies, pod.namespace), side, pod, peer, dial)
    itself = (pod.namespace, pod.name) == (other.namespace, other.name)
    wanted = itself or open_(policies, side, pod, other, port)
    assert found.share is (Share.ALL if wanted else Share.NONE)
    assert bool(found.passing) is (wanted and bool(found.isolating) and not itself)


@MANY
@given(
    st.lists(POLICY, max_size=4),
    PODS,
    st.sampled_from(("10.0.0.0/28", "10.0.0.0/29", "10.0.0.4/30", "10.0.0.3/32", "10.0.1.0/30")),
    PORTS,
    st.sampled_from(("ingress", "egress")),
)
def test_of_a_range_it_is_all_some_or_none_of_its_addresses(
    policies: list[dict[str, Any]], pod: Pod, cidr: str, port: tuple[str, int], side: Side
) -> None:
    names = pod.names(port[1], port[0]) if side == "ingress" else frozenset[str]()
    found = judge(
        read(policies, pod.namespace), side, pod, Peer(outside=span(cidr)), Dial(*port, names)
    )
    each = [open_(policies, side, pod, str(ip), port) for ip in ip_network(cidr)]
    assert found.share is (Share.ALL if all(each) else Share.SOME if any(each) else Share.NONE)


@given(st.lists(POLICY, max_size=4), PODS, PODS, PORTS)
def test_a_rule_more_never_shuts(
    policies: list[dict[str, Any]], pod: Pod, other: Pod, port: tuple[str, int]
) -> None:
    peer, dial = Peer(other, SPACES[other.namespace]), Dial(*port)
    before = judge(read(policies, pod.namespace), "ingress", pod, peer, dial)
    extra: dict[str, Any] = {"metadata": {"namespace": pod.namespace, "name": "all"},
             "spec": {"podSelector": {}, "ingress": [{}]}}  # fmt: skip
    after = judge(read([*policies, extra], pod.namespace), "ingress", pod, peer, dial)
    assert after.share is Share.ALL
    assert before.share <= after.share


WEB = Pod("shop", "web", {"app": "web"}, ports=(PodPort(8080, "TCP", "http"),))
HERE = Dial("TCP", 8080, frozenset({"http"}))


def made(**spec: Any) -> list[Policy]:
    return [policy({"metadata": {"namespace": "shop", "name": "p"}, "spec": spec})]


def test_a_nodes_own_network_is_outside_of_policies() -> None:
    deny = made(podSelector={}, policyTypes=["Ingress"])
    host = Pod("shop", "agent", {}, host=True)
    assert judge(deny, "ingress", host, Peer(outside=span("10.0.0.1")), HERE).share is Share.ALL
    assert judge(deny, "ingress", WEB, Peer(outside=span("10.0.0.1")), HERE).share is Share.NONE


CASES: list[tuple[dict[str, Any], int, bool]] = [
    ({"ports": [{"port": 8000, "endPort": 8080}]}, 8080, True),
    ({"ports": [{"port": 8000, "endPort": 8080}]}, 8081, False),
    ({"ports": [{"port": 8000, "endPort": 8080}]}, 7999, False),
    ({"ports": [{"port": "http"}]}, 8080, True),
    ({"ports": [{"port": "https"}]}, 8080, False),
    ({"ports": [{"port": "http", "protocol": "UDP"}]}, 8080, False),
    ({"ports": [{}]}, 1, True),
    ({"ports": []}, 1, True),
    ({"from": [{"podSelector": {}}]}, 8080, False),
    ({"from": [{"namespaceSelector": {}}]}, 8080, True),
    ({"from": []}, 8080, True),
    (
        {"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}]},
        8080,
        False,
    ),
]


@pytest.mark.parametrize(("rule", "number", "let"), CASES)
def test_a_rule_lets_a_pod_of_another_namespace_in(
    rule: dict[str, Any], number: int, let: bool
) -> None:
    names = WEB.names(number, "TCP")
    found = judge(
        made(podSelector={}, ingress=[rule]),
        "ingress", WEB, Peer(Pod("bank", "x", {}), {"team": "back"}), Dial("TCP", number, names),
    )  # fmt: skip
    assert found.share is (Share.ALL if let else Share.NONE)


def test_what_is_near_is_told_with_what_it_lacks() -> None:
    deny = made(
        podSelector={},
        ingress=[
            {"from": [{"podSelector": {"matchLabels": {"app": "api"}}}], "ports": [{"port": 8080}]},
            {"from": [{"podSelector": {}}], "ports": [{"port": 80}]},
        ],
    )
    found = judge(deny, "ingress", WEB, Peer(Pod("shop", "x", {}), {}), HERE)
    assert found.share is Share.NONE
    assert [why for _, _, why in found.near] == ["other peers", "other ports"]


def test_rules_are_written_on_one_line() -> None:
    [one] = made(
        podSelector={},
        ingress=[
            {},
            {
                "from": [
                    {"namespaceSelector": {"matchLabels": {"team": "x"}}, "podSelector": {}},
                    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
                ],
                "ports": [{"port": 80, "endPort": 90}, {"protocol": "UDP"}, {"port": "http"}],
            },
        ],
    )
    assert [told(rule, "ingress") for rule in one.rules["ingress"]] == [
        "from all; all ports",
        (
            "from ns team=x, pods all or addresses 10.0.0.0/8 without 10.1.0.0/16;"
            " TCP 80-90, all UDP, TCP http"
        ),
    ]
    assert uses_blocks([one])
    assert not uses_blocks(made(podSelector={}))


@pytest.mark.parametrize(
    "peer",
    [
        {},
        {"ipBlock": {"cidr": "nonsense"}},
        {"podSelector": {"matchExpressions": [{"key": "app", "operator": "Near"}]}},
        {"podSelector": {"matchExpressions": "x"}},
        {"podSelector": {"matchLabels": {"app": 3}}},
        "x",
    ],
)
def test_a_peer_that_cannot_be_read_lets_nobody_in(peer: Any) -> None:
    found = made(podSelector={}, ingress=[{"from": [peer]}])
    assert judge(found, "ingress", WEB, Peer(Pod("shop", "x", {"app": "web"}), {}), HERE).share is (
        Share.NONE
    )


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["metadata", "spec", "podSelector", "ingress", "egress", "from", "to", "ports", "port",
             "policyTypes", "ipBlock", "cidr", "except", "matchLabels", "matchExpressions"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(["metadata", "spec"]), JUNK))
def test_policies_of_any_shape_are_read(said: dict[str, Any]) -> None:
    kept = slim(said)
    assert kept is not None
    one = policy(kept)
    for side in ("ingress", "egress"):
        judge([one], side, WEB, Peer(WEB, {}), HERE)
        judge([one], side, WEB, Peer(outside=span("10.0.0.0/8")), HERE)
        for rule in one.rules.get(side, ()):
            told(rule, side)
