"""Directives and roles that Sphinx and others add to reStructuredText: known by their shape only.

docutils leaves out what it does not know. Here the text of all of them stays.
"""

import re
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en

_DIRECTIVE = re.compile(r"^\s*\.\. (?:\|[^|\n]+\| )?([A-Za-z][\w:+.-]*?)::(?:\s|$)", re.MULTILINE)
_ROLE = re.compile(r":([A-Za-z][\w:+.-]*):`|`:([A-Za-z][\w:+.-]*):")
_TARGETED = re.compile(r"(.*?)\s*<([^<>]+)>", re.DOTALL)
_LITERAL = frozenset(
    {
        *("prompt", "highlight-block", "graphviz", "digraph", "mermaid", "uml", "plantuml"),
        *("testcode", "testoutput", "testsetup", "ipython", "doctest", "productionlist"),
        *("console", "terminal", "jupyter-execute", "command-output", "program-output"),
    }
)
_DROPPED = frozenset(
    {
        *("toctree", "index", "highlight", "currentmodule", "module", "tabularcolumns"),
        *("autosummary", "literalinclude", "sectionauthor", "codeauthor", "py:currentmodule"),
        *("automodule", "autoclass", "autofunction", "default-domain", "ifconfig", "todolist"),
    }
)
_VERSIONS = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
# What docutils does itself; other names that it lists, it refuses.
_OWN_ROLES = frozenset(
    {
        *("code", "emphasis", "literal", "math", "pep", "pep-reference", "raw", "rfc"),
        *("rfc-reference", "strong", "sub", "subscript", "sup", "superscript", "t"),
        *("title", "title-reference"),
    }
)
_PROSE = frozenset({"ref", "doc", "term", "abbr", "guilabel", "menuselection", "numref", "dfn"})
_MOST_NAMES = 500
_ROLES: Any = roles  # whose stubs want a role of all five arguments by name


class _AnyOption(dict[str, Any]):
    """Options of any name, as they are written."""

    def __missing__(self, key: str) -> Any:
        return directives.unchanged


class _AnyDirective(Directive):
    """A directive of which nothing is known: its argument and its content are text."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = _AnyOption({"name": directives.unchanged})

    def run(self) -> list[nodes.Node]:
        """Give the nodes that stand in its place."""
        name = self.name.lower()
        told = self.arguments[0] if self.arguments else ""
        if name in _DROPPED:
            return []
        if name in _LITERAL:
            text = "\n".join(self.content)
            return [nodes.literal_block(text, text)]
        inner = nodes.container()
        if told:
            lead = nodes.paragraph(told)
            lead.extend(_lead(name, told))
            inner += lead
        self.state.nested_parse(self.content, self.content_offset, inner)
        return [inner]


class _Code(_AnyDirective):
    """Code; docutils' own directive refuses the options that Sphinx has."""

    def run(self) -> list[nodes.Node]:
        """Give a literal block with its language."""
        text = "\n".join(self.content)
        told = self.arguments[0].split()[0] if self.arguments else ""
        return [nodes.literal_block(text, text, language=told)]


def _lead(name: str, told: str) -> list[nodes.Node]:
    """Write a directive's argument: a signature as code, anything else as a title."""
    if name in _VERSIONS:
        version, _, rest = told.replace("\n", " ").partition(" ")
        said = f"{_VERSIONS[name]} {version}"
        return [nodes.strong(said, said), nodes.Text(f": {rest}" if rest else "")]
    made = nodes.literal if ":" in name else nodes.strong
    return [made(told, told)]


def accept(text: str) -> None:
    """Make docutils take the directives and roles that a text uses and it does not know."""
    for name in ("code", "code-block", "sourcecode"):
        directives.register_directive(name, _Code)
    for name in list(dict.fromkeys(_DIRECTIVE.findall(text)))[:_MOST_NAMES]:
        if name.lower() not in en.directives:
            directives.register_directive(name.lower(), _AnyDirective)
    found = dict.fromkeys(one or two for one, two in _ROLE.findall(text))
    for name in list(found)[:_MOST_NAMES]:
        if name.lower() not in _OWN_ROLES:
            _ROLES.register_local_role(name.lower(), _role)


def _role(
    name: str, rawtext: str, text: str, *_: Any, **_more: Any
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Write a role's words: `:ref:` and its like as links, the others as code."""
    text = text.replace("\x00", "")
    found = _TARGETED.fullmatch(text)
    words, target = (found[1], found[2]) if found else (text.lstrip("!"), "")
    if words.startswith("~"):
        words = words.rpartition(".")[2].lstrip("~")
    kind = name.rpartition(":")[2].lower()
    if kind == "doc":
        return [nodes.reference(rawtext, words, refuri=f"{target or text}")], []
    if kind == "ref" and target:
        return [nodes.reference(rawtext, words, refuri=f"#{target}")], []
    made = nodes.inline if kind in _PROSE else nodes.literal
    return [made(rawtext, words)], []
