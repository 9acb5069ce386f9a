"""Who may read a document: groups, `user:ISSUER/SUBJECT`, or `*` for whoever may ask at all.

What says more about one document goes before what says less: its own front matter (where the
collection allows that), its sidecar `NAME.access.yaml`, the rule `.access.yaml` of the nearest
folder that has one for it, the collection's default. A rule that cannot be read lets nobody read
what it covers: a slip of a pen must not publish anything. Pure: it gets texts, and gives sets.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode

from bailiwick.policy.question import Principal
from bailiwick_retrieval.globs import matcher
from bailiwick_retrieval.settings import EVERYONE

RULE = ".access.yaml"
"""The name of a folder's rule, and the end of a sidecar's."""
USER = "user:"
NOBODY: frozenset[str] = frozenset()
MOST_BYTES = 65_536
"""Longest rule."""
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


@dataclass(frozen=True, slots=True)
class Rule:
    """What one `.access.yaml` says. `readers` is None where it speaks of some files only."""

    readers: Readers | None
    files: tuple[tuple[Callable[[str], bool], Readers], ...] = ()

    def of(self, relative: str) -> Readers | None:
        """Say who reads a file, named from the rule's folder; None where the rule does not say.

        Where several globs match, a reader must be named by each of them.
        """
        found: Readers | None = None
        for matches, readers in self.files:
            if matches(relative):
                found = readers if found is None else both(found, readers)
        return self.readers if found is None else found


CLOSED = Rule(NOBODY)
"""What stands in for a rule that cannot be read."""


@dataclass(frozen=True, slots=True)
class Ruled:
    """A folder's rule, with those of the folders above it that have one."""

    folder: str
    rule: Rule
    above: "Ruled | None" = None

    def of(self, path: str) -> Readers | None:
        """Say who reads the document of that path; None where no rule says."""
        here: Ruled | None = self
        while here is not None:
            readers = here.rule.of(path[len(here.folder) + 1 :] if here.folder else path)
            if readers is not None:
                return readers
            here = here.above
        return None


def rule(data: bytes) -> Rule:
    """Read a folder's rule, or raise Unclear."""
    said = _mapping(data, frozenset({"readers", "files"}))
    readers = names(said["readers"]) if "readers" in said else None
    files = said.get("files", {})
    if not isinstance(files, dict):
        raise Unclear("`files` is no mapping of globs to lists")
    globs = cast("Mapping[object, object]", files)
    if len(globs) > MOST_NAMES:
        raise Unclear(f"`files` has more than {MOST_NAMES} globs")
    if readers is None and not globs:
        raise Unclear("it names neither `readers` nor `files`")
    return Rule(readers, tuple((_glob(glob), names(listed)) for glob, listed in globs.items()))


def _glob(said: object) -> Callable[[str], bool]:
    if not isinstance(said, str):
        raise Unclear("a glob in `files` is no text; put it in quotes")
    try:
        return matcher(said)
    except ValueError as error:
        raise Unclear("a glob in `files` cannot be read") from error


def sidecar(data: bytes) -> Readers:
    """Read the readers of one document from its sidecar, or raise Unclear."""
    said = _mapping(data, frozenset({"readers"}))
    if "readers" not in said:
        raise Unclear("it does not name `readers`")
    return names(said["readers"])


def _mapping(data: bytes, known: Readers) -> Mapping[str, object]:
    if len(data) > MOST_BYTES:
        raise Unclear(f"it is longer than {MOST_BYTES} bytes")
    try:
        said: object = yaml.load(data.decode("utf-8-sig"), _Strict)  # noqa: S506 -- a SafeLoader
    except UnicodeDecodeError as error:
        raise Unclear("it is no UTF-8") from error
    except Unclear:
        raise
    # A date such as 2026-02-31 raises ValueError, and deep nesting may exhaust the stack.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Unclear("it is no YAML that can be read (`*` needs quotes)") from error
    if not isinstance(said, dict):
        raise Unclear("it is no mapping")
    mapping = cast("Mapping[str, object]", said)
    if set(mapping) - known:
        # A misspelt `readres` must not count as a rule that says nothing.
        raise Unclear(f"it has keys other than {' and '.join(sorted(known))}")
    return mapping


class _Strict(yaml.CSafeLoader):
    """YAML in which a key stands once: the last of two would win without a word."""

    def construct_mapping(self, node: MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Read a mapping; raise Unclear where a key stands twice."""
        made = cast("dict[Any, Any]", super().construct_mapping(node, deep=deep))
        if len(made) != len(node.value):
            raise Unclear("a key stands twice in it")
        return made


def readable(data: bytes) -> tuple[Rule, str]:
    """Read a folder's rule; where that fails, give the one that lets nobody read, and say why."""
    try:
        return rule(data), ""
    except Unclear as error:
        return CLOSED, str(error)
