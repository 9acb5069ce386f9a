"""Rules of who may read: `.access.yaml` of a folder, and the sidecar of one document. Pure.

A rule that cannot be read lets nobody read what it covers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import yaml
from yaml.nodes import MappingNode

from bailiwick_retrieval.globs import matcher
from bailiwick_retrieval.readers import MOST_NAMES, NOBODY, Readers, Unclear, both, names

RULE = ".access.yaml"
"""The name of a folder's rule, and the end of a sidecar's."""
MOST_BYTES = 65_536
"""Longest rule."""


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
