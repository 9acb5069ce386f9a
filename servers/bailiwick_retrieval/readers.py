"""Who may read a document: groups, `user:ISSUER/SUBJECT`, or `*` for whoever may ask at all.

What says more about one document goes before what says less: its own front matter (where the
collection allows that), its sidecar `NAME.access.yaml`, the rule `.access.yaml` of the nearest
folder that has one for it, the collection's default. A rule that cannot be read lets nobody read
what it covers: a slip of a pen must not publish anything. Pure: it gets texts, and gives sets.
"""

from collections.abc import Iterable, Sequence
from typing import cast

from bailiwick.policy.question import Principal
from bailiwick_retrieval.settings import EVERYONE

USER = "user:"
NOBODY: frozenset[str] = frozenset()
MOST_NAMES = 2_000
"""Most readers or globs of one rule."""
_LONGEST = 256
Readers = frozenset[str]


class Unclear(ValueError):
    """A rule that cannot be read, so nobody may read what it covers. The text is ours."""


def tokens(principal: Principal) -> Readers:
    """Give all that a caller holds: whoever is named by one of them may read.

    A group that is called like a user or like everybody comes from a token, where anybody may have
    put it: it counts for nothing.
    """
    groups = {
        each for each in principal.groups if each not in ("", EVERYONE) and not _is_user(each)
    }
    return frozenset({*groups, f"{USER}{principal.id}", EVERYONE})


def decided(
    own: Iterable[str] | None, ruled: Readers | None, default: Iterable[str], *, may_own: bool
) -> Readers:
    """Decide who reads a document, from its front matter, its entry, and the collection."""
    if may_own and own is not None:
        return _checked(own)
    return frozenset(default) if ruled is None else ruled


def _checked(own: Iterable[str]) -> Readers:
    try:
        return names(list(own))
    except Unclear:
        return NOBODY


def both(one: Readers, other: Readers) -> Readers:
    """Give those whom both allow, by name: stricter than it is for a person who is in two groups.

    Somebody in the groups `a` and `b` could pass `a` here and `b` there. A set of names cannot say
    that, so it says nobody.
    """
    if EVERYONE in one:
        return one | other if EVERYONE in other else other
    return one if EVERYONE in other else one & other


def names(said: object) -> Readers:
    """Read a list of readers, or raise Unclear. An empty list is nobody."""
    if not isinstance(said, list | tuple):
        raise Unclear("`readers` is no list of names")
    listed = cast("Sequence[object]", said)
    if len(listed) > MOST_NAMES:
        raise Unclear(f"`readers` has more than {MOST_NAMES} names")
    return frozenset(_name(each) for each in listed)


def _name(said: object) -> str:
    if not isinstance(said, str):
        raise Unclear("a name in `readers` is no text; put it in quotes")
    if not said or said != said.strip() or not said.isprintable() or len(said) > _LONGEST:
        raise Unclear("a name in `readers` is empty, too long, or has blanks around it")
    if _is_user(said) and not all(said.removeprefix(USER).partition("/")):
        raise Unclear("a user in `readers` is written `user:ISSUER/SUBJECT`")
    return said


def _is_user(name: str) -> bool:
    return name.startswith(USER)
