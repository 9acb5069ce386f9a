"""Resources as Splunk writes them: Atom by default, or the same in JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast
from xml.sax.saxutils import escape, quoteattr

import orjson

BUILD, VERSION = "d8bb32809498", "9.4.1"
SPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:s="http://dev.splunk.com/ns/rest" '
    'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
STYLE = '<?xml-stylesheet type="text/xml" href="/static/atom.xsl"?>\n'
# What XML 1.0 has no way to say.
ILLEGAL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF], "\ufffd")

Content = Mapping[str, object]


@dataclass(frozen=True)
class Entry:
    """One resource; `links` are by what they are for to where they lead."""

    name: str
    path: str
    content: Content
    updated: str
    author: str = "system"
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    published: str = ""
    access: Content = field(default_factory=dict[str, object])
    job: bool = False


@dataclass(frozen=True)
class Feed:
    """Resources of one kind; `total` counts those that are not shown too."""

    title: str
    path: str
    entries: Sequence[Entry]
    updated: str
    total: int
    offset: int = 0
    count: int = 30
    links: Mapping[str, str] = field(default_factory=dict[str, str])


def access(owner: str, app: str, readers: Sequence[str], writers: Sequence[str] = ()) -> Content:
    """Say whose a resource is and who may do what with it."""
    return {
        "app": app,
        **dict.fromkeys(("can_change_perms", "can_share_app", "can_share_global"), bool(writers)),
        "can_list": True,
        "can_share_user": False,
        "can_write": bool(writers),
        "modifiable": bool(writers),
        "owner": owner,
        "perms": {"read": list(readers), "write": list(writers)},
        "removable": False,
        "sharing": "system" if not app else "global",
    }


def clean(text: str) -> str:
    """Write text so that an XML parser takes it."""
    return escape(text.translate(ILLEGAL))


def messages(said: Sequence[tuple[str, str]], mode: str) -> bytes:
    """Write messages alone, each a kind and a text."""
    if mode == "json":
        return orjson.dumps({"messages": [{"type": kind, "text": text} for kind, text in said]})
    lines = "".join(f'    <msg type="{kind}">{clean(text)}</msg>\n' for kind, text in said)
    body = f"<response>\n  <messages>\n{lines}  </messages>\n</response>\n"
    return (HEAD + body).encode()


def response(name: str, value: str, mode: str) -> bytes:
    """Write one value alone."""
    if mode == "json":
        return orjson.dumps({name: value})
    return f"{HEAD}<response>\n  <{name}>{clean(value)}</{name}>\n</response>\n".encode()


def feed(told: Feed, base: str, mode: str) -> bytes:
    """Write resources."""
    return _json(told, base) if mode == "json" else _atom(told, base)


def entry(told: Entry, base: str) -> bytes:
    """Write one resource alone, as XML does with jobs."""
    return "".join([HEAD, STYLE, *_entry(told, base, f"<entry {SPACES}>", "")]).encode()


def _json(told: Feed, base: str) -> bytes:
    return orjson.dumps(
        {
            "links": dict(told.links),
            "origin": base + told.path,
            "updated": told.updated,
            "generator": {"build": BUILD, "version": VERSION},
            "entry": [_json_entry(each, base) for each in told.entries],
            "paging": {"total": told.total, "perPage": told.count, "offset": told.offset},
            "messages": [],
        }
    )


def _json_entry(told: Entry, base: str) -> dict[str, object]:
    links = {"alternate": told.path, **told.links}
    common: dict[str, object] = {
        "name": told.name,
        "id": base + told.path,
        "updated": told.updated,
        "links": links,
    }
    if told.job:
        common["published"] = told.published
        return {**common, "author": told.author, "content": told.content, "acl": told.access}
    content = {**told.content, "eai:acl": None}
    return {**common, "author": told.author, "acl": told.access, "content": content}


def _atom(told: Feed, base: str) -> bytes:
    links = "".join(
        f"  <link href={quoteattr(told.path + where)} rel={quoteattr(rel)}/>\n"
        for rel, where in told.links.items()
    )
    lines = [
        HEAD + STYLE + f"<feed {SPACES}>\n",
        f"  <title>{clean(told.title)}</title>\n",
        f"  <id>{clean(base + told.path)}</id>\n  <updated>{told.updated}</updated>\n",
        f'  <generator build="{BUILD}" version="{VERSION}"/>\n',
        "  <author>\n    <name>Splunk</name>\n  </author>\n" + links,
        f"  <opensearch:totalResults>{told.total}</opensearch:totalResults>\n",
        f"  <opensearch:itemsPerPage>{told.count}</opensearch:itemsPerPage>\n",
        f"  <opensearch:startIndex>{told.offset}</opensearch:startIndex>\n  <s:messages/>\n",
    ]
    for each in told.entries:
        lines += _entry(each, base, "  <entry>", "  ")
    return "".join([*lines, "</feed>\n"]).encode()


def _entry(told: Entry, base: str, opening: str, pad: str) -> list[str]:
    links = [
        f"{pad}  <link href={quoteattr(where)} rel={quoteattr(rel)}/>\n"
        for rel, where in told.links.items()
    ]
    author = f"{pad}  <author>\n{pad}    <name>{clean(told.author)}</name>\n{pad}  </author>\n"
    published = f"{pad}  <published>{told.published}</published>\n"
    among = [published, *links, author] if told.job else [author, *links]
    content = {**told.content, "eai:acl": told.access}
    return [
        f"{opening}\n{pad}  <title>{clean(told.name)}</title>\n",
        f"{pad}  <id>{clean(base + told.path)}</id>\n",
        f"{pad}  <updated>{told.updated}</updated>\n",
        f'{pad}  <link href={quoteattr(told.path)} rel="alternate"/>\n',
        *among,
        f'{pad}  <content type="text/xml">\n',
        *_value(content, pad + "    "),
        f"{pad}  </content>\n{pad}</entry>\n",
    ]


def _value(value: object, pad: str) -> list[str]:
    """Write a mapping or a list; anything else stands between its tags as it is."""
    if isinstance(value, Mapping):
        found = cast("Mapping[str, object]", value)
        inner = [line for key, each in found.items() for line in _key(key, each, pad + "  ")]
        return [f"{pad}<s:dict>\n", *inner, f"{pad}</s:dict>\n"] if inner else [f"{pad}<s:dict/>\n"]
    items = cast("Sequence[object]", value)
    inner = [f"{pad}  <s:item>{_plain(each)}</s:item>\n" for each in items]
    return [f"{pad}<s:list>\n", *inner, f"{pad}</s:list>\n"] if inner else [f"{pad}<s:list/>\n"]


def _key(key: str, value: object, pad: str) -> list[str]:
    name = quoteattr(key)
    if isinstance(value, Mapping | list | tuple):
        inner = _value(cast("object", value), pad + "  ")
        return [f"{pad}<s:key name={name}>\n", *inner, f"{pad}</s:key>\n"]
    if value is None:
        return [f"{pad}<s:key name={name}/>\n"]
    return [f"{pad}<s:key name={name}>{_plain(value)}</s:key>\n"]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:.5f}" if isinstance(value, float) else clean(str(value))
