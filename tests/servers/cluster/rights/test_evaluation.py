"""Who may what: against a reading of RBAC that writes every grant out, over small random worlds."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bailiwick_cluster.rights.binding import KINDS, Subject, book
from bailiwick_cluster.rights.evaluation import dangling, granting, holders, spaces, veiled, ways
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.upstream.reviews import Attributes, Who

SPACES = ("shop", "bank")
VERBS = ("get", "delete")
GROUPS = ("", "apps")
RESOURCES = ("pods", "deployments")
SUBS = ("", "log")
NAMES = ("", "web")
USERS = ("ana", "bo", "system:serviceaccount:shop:web")
TEAMS = ("sre", "system:serviceaccounts:shop")


def some(*values: str, wild: bool = True) -> st.SearchStrategy[list[str]]:
    every = (*values, "*") if wild else values
    return st.lists(st.sampled_from(every), min_size=1, max_size=2)


RULE = st.fixed_dictionaries(
    {
        "verbs": some(*VERBS),
        "apiGroups": some(*GROUPS),
        "resources": some(*RESOURCES, "pods/log", "*/log"),
        "resourceNames": st.sampled_from(([], [], ["web"], ["db"])),
        "nonResourceURLs": st.just([]),
    }
)
PATHS = st.fixed_dictionaries(
    {"verbs": some(*VERBS), "nonResourceURLs": some("/metrics", "/healthz*")}
)
RULES = st.lists(RULE | RULE | PATHS, min_size=1, max_size=2)
SUBJECT = st.one_of(
    st.sampled_from(USERS).map(lambda name: {"kind": "User", "name": name}),
    st.sampled_from(TEAMS).map(lambda name: {"kind": "Group", "name": name}),
    st.sampled_from(({}, {"namespace": "shop"}, {"namespace": "bank"})).map(
        lambda inside: {"kind": "ServiceAccount", "name": "web", **inside}
    ),
    st.just({"kind": "Robot", "name": "ana"}),
)


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, list[Object]]:
    """Roles a and b in each namespace and in none, perhaps; bindings that name them or others."""
    found: dict[str, list[Object]] = {}
    for kind in ("ClusterRole", "Role"):
        for space in SPACES if kind == "Role" else ("",):
            for name in draw(st.sampled_from(("a", "b", "ab", "ab"))):
                about = {"name": name, **({"namespace": space} if space else {})}
                found.setdefault(kind, []).append({"metadata": about, "rules": draw(RULES)})
    for number in range(draw(st.integers(1, 4))):
        space = draw(st.sampled_from(("", *SPACES)))
        kinds = ("ClusterRole", "Role") if space else ("ClusterRole",)
        found.setdefault("RoleBinding" if space else "ClusterRoleBinding", []).append(
            {
                "metadata": {"name": f"b{number}", **({"namespace": space} if space else {})},
                "roleRef": {
                    "kind": draw(st.sampled_from(kinds)),
                    "name": draw(st.sampled_from("aabbc")),
                },
                "subjects": draw(st.lists(SUBJECT, min_size=1, max_size=3)),
            }
        )
    return found


ASKED = st.one_of(
    st.builds(
        Attributes,
        verb=st.sampled_from(VERBS),
        group=st.sampled_from(GROUPS),
        resource=st.sampled_from(RESOURCES),
        subresource=st.sampled_from(SUBS),
        namespace=st.sampled_from(("", *SPACES)),
        name=st.sampled_from(NAMES),
    ),
    st.builds(
        Attributes, verb=st.sampled_from(VERBS), path=st.sampled_from(("/metrics", "/healthz/x"))
    ),
)
WHO = st.builds(
    Who,
    name=st.sampled_from(("", *USERS, "system:serviceaccount:bank:web")),
    groups=st.frozensets(st.sampled_from(TEAMS)),
)


def granted(world: dict[str, list[Object]], who: Who) -> Iterator[tuple[str, dict[str, Any]]]:
    """Write out every (namespace or none, rule) that holds for somebody, from the JSON alone."""
    for binding in world.get("ClusterRoleBinding", []) + world.get("RoleBinding", []):
        space = binding["metadata"].get("namespace", "")
        if any(_names(each, who, space) for each in binding["subjects"]):
            kind, name = binding["roleRef"]["kind"], binding["roleRef"]["name"]
            home = space if kind == "Role" else ""
            for role in world.get(kind, []):
                if (role["metadata"]["name"], role["metadata"].get("namespace", "")) == (
                    name,
                    home,
                ):
                    yield from ((space, rule) for rule in role["rules"])


def _names(subject: dict[str, str], who: Who, space: str) -> bool:
    if subject["kind"] == "Group":
        return subject["name"] in who.groups
    if subject["kind"] == "ServiceAccount":
        inside = subject.get("namespace", space)
        return bool(inside) and who.name == f"system:serviceaccount:{inside}:{subject['name']}"
    return subject["kind"] == "User" and subject["name"] == who.name


def may(world: dict[str, list[Object]], who: Who, asked: Attributes) -> bool:
    return any(
        _says(rule, asked)
        for space, rule in granted(world, who)
        if space == "" or (space == asked.namespace and not asked.path)
    )


def _says(rule: dict[str, Any], asked: Attributes) -> bool:
    verb = {asked.verb, "*"} & {*rule["verbs"]}
    if asked.path:
        begins = {"*", "/metrics"} if asked.path == "/metrics" else {"*", "/healthz*"}
        return bool(verb and begins & {*rule["nonResourceURLs"]})
    full = asked.resource + (f"/{asked.subresource}" if asked.subresource else "")
    covering = {"*", full, *([f"*/{asked.subresource}"] if asked.subresource else [])}
    names = rule.get("resourceNames", [])
    return bool(
        verb
        and {asked.group, "*"} & {*rule.get("apiGroups", [])}
        and covering & {*rule.get("resources", [])}
        and (not names or asked.name in names)
    )


@settings(max_examples=600, deadline=None)
@given(worlds(), WHO, ASKED)
def test_it_allows_exactly_what_the_grants_written_out_allow(
    world: dict[str, list[Object]], who: Who, asked: Attributes
) -> None:
    assert bool(ways(book(world), who, asked)) is may(world, who, asked)


@given(worlds(), ASKED)
def test_holders_are_all_and_only_those_who_may(
    world: dict[str, list[Object]], asked: Attributes
) -> None:
    found = holders(book(world), asked)
    named = {each.user for each in found if each.user}
    groups = {each.name for each in found if each.kind == "Group"}
    assert named >= {name for name in USERS if may(world, Who(name), asked)}
    assert groups == {name for name in TEAMS if may(world, Who("", frozenset({name})), asked)}
    assert all(may(world, Who(name), asked) for name in named & {*USERS})


@given(worlds(), WHO, ASKED)
def test_what_cannot_be_read_is_never_a_no(
    world: dict[str, list[Object]], who: Who, asked: Attributes
) -> None:
    """Without the roles, whoever may has a binding that is told to be veiled."""
    hidden = {kind: each for kind, each in world.items() if kind not in ("ClusterRole", "Role")}
    blind = book(hidden, frozenset({"ClusterRole", "Role"}))
    assert ways(blind, who, asked) == []
    if may(world, who, asked):
        assert veiled(blind, who, asked)


def binding(space: str, role: str, *subjects: dict[str, str], kind: str = "ClusterRole") -> Object:
    return {
        "metadata": {"name": "b", **({"namespace": space} if space else {})},
        "roleRef": {"kind": kind, "name": role},
        "subjects": list(subjects),
    }


ANA = {"kind": "User", "name": "ana"}
GET_PODS = {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}


def test_the_namespaces_where_somebody_may() -> None:
    made = book(
        {
            "ClusterRole": [{"metadata": {"name": "r"}, "rules": [GET_PODS]}],
            "RoleBinding": [binding("shop", "r", ANA), binding("bank", "none", ANA)],
        }
    )
    asked = Attributes("get", "", "pods")
    assert spaces(made, Who("ana"), asked) == ["shop"]
    assert [str(each) for each in dangling(made, Who("ana"))] == [
        "RoleBinding bank/b → ClusterRole none"
    ]
    assert ways(made, Who("ana"), asked) == []


def test_a_role_is_bound_in_its_own_namespace_only() -> None:
    role = {"metadata": {"name": "r"}, "rules": [GET_PODS]}
    wrong = book(
        {"ClusterRole": [role], "ClusterRoleBinding": [binding("", "r", ANA, kind="Role")]}
    )
    assert ways(wrong, Who("ana"), Attributes("get", "", "pods")) == []
    none = book({"ClusterRole": [role], "ClusterRoleBinding": [binding("", "r", ANA, kind="")]})
    assert ways(none, Who("ana"), Attributes("get", "", "pods")) == []


def test_an_account_without_namespace_is_of_the_bindings() -> None:
    nameless = {"kind": "ServiceAccount", "name": "web"}
    role = {"metadata": {"name": "r"}, "rules": [GET_PODS]}
    asked = Attributes("get", "", "pods", namespace="shop")
    shop = Who("system:serviceaccount:shop:web")
    inside = book({"ClusterRole": [role], "RoleBinding": [binding("shop", "r", nameless)]})
    assert ways(inside, shop, asked)
    assert not ways(inside, Who("system:serviceaccount:bank:web"), asked)
    wide = book({"ClusterRole": [role], "ClusterRoleBinding": [binding("", "r", nameless)]})
    assert not ways(wide, shop, asked)


def test_a_user_by_the_name_of_an_account_is_that_account() -> None:
    named = {"kind": "User", "name": "system:serviceaccount:shop:web"}
    made = book(
        {
            "ClusterRole": [{"metadata": {"name": "r"}, "rules": [GET_PODS]}],
            "ClusterRoleBinding": [binding("", "r", named)],
        }
    )
    assert list(holders(made, Attributes("get", "", "pods"))) == [
        Subject("ServiceAccount", "shop", "web")
    ]


def test_roles_that_would_do_are_the_narrow_ones() -> None:
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
    wide = {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "secrets"]}
    made = book(
        {
            "ClusterRole": [
                {"metadata": {"name": "all"}, "rules": [everything]},
                {"metadata": {"name": "wide"}, "rules": [wide]},
                {"metadata": {"name": "narrow"}, "rules": [GET_PODS]},
                {"metadata": {"name": "system:own"}, "rules": [GET_PODS]},
            ]
        }
    )
    assert granting(made, Attributes("get", "", "pods")) == ["narrow", "wide"]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["metadata", "name", "namespace", "rules", "roleRef", "kind", "subjects"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(KINDS), st.lists(JUNK, max_size=3)))
def test_objects_of_any_shape_grant_nothing_and_never_raise(world: dict[str, list[Any]]) -> None:
    made = book(world)
    assert ways(made, Who("ana"), Attributes("get", "", "pods")) == []
    assert granting(made, Attributes("get", "", "pods")) == []
