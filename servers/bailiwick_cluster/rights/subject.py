"""Who is asked about: `me`, `user:…`, `group:…`, `sa:…`, or several of them that are one. Pure."""

from dataclasses import dataclass

from bailiwick.errors import BadRequest
from bailiwick_cluster.parts import named
from bailiwick_cluster.rights.binding import ACCOUNT
from bailiwick_cluster.upstream.reviews import Who

_ONE = r"(user|group|sa):[A-Za-z0-9@:._/+=-]{1,253}"
PATTERN = rf"^(me|{_ONE}(,{_ONE}){{0,20}})?$"
ME = "me"
EVERYBODY = "system:authenticated"
NOBODY = "system:unauthenticated"
_ANONYMOUS = "system:anonymous"
_ACCOUNTS = "system:serviceaccounts"


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody: the user with all groups, a name for sentences, and the account's namespace.

    `known` is false where the API does not say as whom it knows the caller.
    """

    who: Who
    label: str
    kind: str
    space: str = ""
    known: bool = True

    @property
    def account(self) -> str:
        """The name of a service account; empty for anybody else."""
        user = self.who.name
        return user.removeprefix(ACCOUNT).partition(":")[2] if self.kind == "sa" else ""

    @property
    def guessed(self) -> bool:
        """Say whether groups of the user may be missing: only who signs in is known with all."""
        own = {EVERYBODY, NOBODY}
        return self.kind == "user" and not (self.who.groups - own) and bool(self.who.name)


def asked(said: str, namespace: str | None) -> Asked:
    """Read `user:oidc:ana,group:oidc:sre` or `sa:shop/web`, or raise BadRequest."""
    users: list[str] = []
    groups: list[str] = []
    space = ""
    for part in said.split(","):
        kind, _, name = part.partition(":")
        if kind == "sa":
            space, account = _account(name, namespace)
            users.append(f"{ACCOUNT}{space}:{account}")
        else:
            (users if kind == "user" else groups).append(name)
    if len(users) > 1:
        raise BadRequest("ask about one user or service account at a time, with any groups")
    user = users[0] if users else ""
    label = _label(user) if user else "group " + " and ".join(map(named, groups))
    kind = "user" if user and not user.startswith(ACCOUNT) else "sa" if user else "group"
    space = user.removeprefix(ACCOUNT).partition(":")[0] if kind == "sa" else ""
    return Asked(Who(user, frozenset({*groups, *_implied(user, groups)})), label, kind, space)


def caller(who: Who | None, name: str) -> Asked:
    """Take the caller as the API knows it, or by the `name` that we know."""
    if who is None:
        return Asked(Who(""), named(name), ME, known=False)
    return Asked(who, _label(who.name), ME)


def _label(user: str) -> str:
    """Name a user; a service account as `sa shop/web`."""
    if not user.startswith(ACCOUNT):
        return named(user)
    return "sa " + named(user.removeprefix(ACCOUNT).replace(":", "/", 1))


def _account(name: str, namespace: str | None) -> tuple[str, str]:
    space, slash, account = name.partition("/")
    if not slash:
        space, account = namespace or "", name
    if not space or not account or "/" in account:
        raise BadRequest("name a service account with its namespace: sa:shop/web")
    return space, account


def _implied(user: str, groups: list[str]) -> set[str]:
    """Add the groups that the API itself puts everybody, or every service account, into."""
    if user == _ANONYMOUS or NOBODY in groups:
        return {NOBODY}
    if not user.startswith(ACCOUNT):
        return {EVERYBODY}
    space = user.removeprefix(ACCOUNT).partition(":")[0]
    return {EVERYBODY, _ACCOUNTS, f"{_ACCOUNTS}:{space}"}
