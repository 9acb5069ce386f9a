"""Roles, and who is bound to them: what RBAC is made of, read from JSON of any shape. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bailiwick_cluster.parts import listing, named, text
from bailiwick_cluster.rights.rule import Rule, read
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.upstream.reviews import Who

ACCOUNT = "system:serviceaccount:"
KINDS = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """Whom a binding names: a User, a Group, or a ServiceAccount of a namespace."""

    kind: str
    namespace: str
    name: str

    def is_(self, who: Who) -> bool:
        """Say whether this is somebody, or a group that somebody is in."""
        if self.kind == "Group":
            return self.name in who.groups
        return bool(who.name) and self.user == who.name

    @property
    def user(self) -> str:
        """The name that the API knows it by; a group has none."""
        if self.kind == "ServiceAccount":
            return f"{ACCOUNT}{self.namespace}:{self.name}"
        return self.name if self.kind == "User" else ""


@dataclass(frozen=True, slots=True)
class Role:
    """What a Role or ClusterRole (of no namespace) allows."""

    namespace: str
    name: str
    rules: Sequence[Rule]


@dataclass(frozen=True, slots=True)
class Binding:
    """Who gets which role: in a namespace, or everywhere where it is in none."""

    namespace: str
    name: str
    role_kind: str
    role_name: str
    subjects: Sequence[Subject]

    @property
    def role(self) -> tuple[str, str]:
        """Where its role is: namespace and name."""
        return (self.namespace if self.role_kind == "Role" else ""), self.role_name

    @property
    def sound(self) -> bool:
        """Say whether it can bind at all: a Role is bound in its own namespace only."""
        return self.role_kind == "ClusterRole" or (
            self.role_kind == "Role" and self.namespace != ""
        )

    def __str__(self) -> str:
        """Name it and its role as an engineer would."""
        place = f"RoleBinding {self.namespace}/" if self.namespace else "ClusterRoleBinding "
        return f"{place}{named(self.name)} → {named(self.role_kind)} {named(self.role_name)}"


@dataclass(slots=True)
class Book:
    """All roles and bindings that could be read, and the kinds (`gaps`) that could not."""

    roles: Mapping[tuple[str, str], Role]
    bindings: Sequence[Binding]
    gaps: frozenset[str] = frozenset()

    def role(self, binding: Binding) -> Role | None:
        """Return a binding's role, or None of one that is not there or may not be read."""
        return self.roles.get(binding.role) if binding.sound else None

    def hides(self, binding: Binding) -> bool:
        """Say whether a binding's role may be there and could not be read."""
        return binding.sound and binding.role_kind in self.gaps


def book(found: Mapping[str, Sequence[Object]], gaps: frozenset[str] = frozenset()) -> Book:
    """Read objects by kind."""
    roles = [_role(each) for kind in ("ClusterRole", "Role") for each in found.get(kind, ())]
    bindings = [
        _binding(each)
        for kind in ("ClusterRoleBinding", "RoleBinding")
        for each in found.get(kind, ())
    ]
    return Book({(role.namespace, role.name): role for role in roles}, bindings, gaps)


def lean(found: Object) -> Object:
    """Keep of a role or binding what RBAC looks at."""
    about = {key: text(found, "metadata", key) for key in ("namespace", "name")}
    kept = ("rules", "roleRef", "subjects")
    return {"metadata": about, **{key: found[key] for key in kept if key in found}}


def _role(found: Object) -> Role:
    rules = tuple(read(each) for each in listing(found, "rules"))
    return Role(text(found, "metadata", "namespace"), text(found, "metadata", "name"), rules)


def _binding(found: Object) -> Binding:
    namespace = text(found, "metadata", "namespace")
    subjects = (_subject(each, namespace) for each in listing(found, "subjects"))
    return Binding(
        namespace,
        text(found, "metadata", "name"),
        text(found, "roleRef", "kind"),
        text(found, "roleRef", "name"),
        tuple(each for each in subjects if each is not None),
    )


def _subject(said: Object, namespace: str) -> Subject | None:
    """Read a subject; a service account is of the binding's namespace where it names none."""
    kind, name = text(said, "kind"), text(said, "name")
    if kind == "User" and name.startswith(ACCOUNT):
        inside, _, account = name.removeprefix(ACCOUNT).partition(":")
        return Subject("ServiceAccount", inside, account)
    if kind == "ServiceAccount":
        inside = text(said, "namespace") or namespace
        return Subject(kind, inside, name) if inside else None
    return Subject(kind, "", name) if kind in ("User", "Group") else None
