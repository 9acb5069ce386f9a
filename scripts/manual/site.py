"""What MkDocs does not do by itself: pages from outside docs/, links to them, a page for each tool.

The documents are written to be read in the repository, where `../CHANGELOG.md` is a link that
leads somewhere. On the site, what is linked outside docs/ stands under its path in the repository.
"""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
BESIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
"""Pages of the site that stand beside docs/."""
TOOLS = "tools.md"
_FENCE = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)\s#]+)(#[^)\s]*)?\)")


def on_config(config: Any) -> Any:
    """Put the pages of tools into the navigation, a server after the other."""
    for section in config.nav:
        for pages in section.values():
            for page in pages:
                if page.get("Tools") == TOOLS:
                    page["Tools"] = [TOOLS, *_servers()]
    return config


def _servers() -> Iterator[dict[str, list[dict[str, str]]]]:
    text = (DOCS / TOOLS).read_text(encoding="utf-8")
    listed = dict.fromkeys(re.findall(r"\]\((tools/(\w+)/(\w+)\.md)\)", text))
    for server in dict.fromkeys(server for _, server, _ in listed):
        yield {server: [{tool: path} for path, its, tool in listed if its == server]}


def on_files(files: Files, config: Any) -> Files:
    """Add what stands beside docs/: the pages, and every file that a page links to."""
    wanted = dict.fromkeys(ROOT / name for name in BESIDE)
    for file in (*wanted, *DOCS.rglob("*.md")):
        text = _FENCE.sub("", file.read_text(encoding="utf-8"))
        found = [_plain(file.parent / path) for path, _ in _LINK.findall(text)]
        wanted |= dict.fromkeys(one for one in found if one.is_file() and DOCS not in one.parents)
    for one in wanted:
        uri = one.relative_to(ROOT).as_posix()
        if files.get_file_from_path(uri) is None and uri != "README.md":
            files.append(File.generated(config, uri, content=one.read_bytes()))
    return files


def _plain(path: Path) -> Path:
    """Take out `..`, and leave links of the file system alone."""
    return Path(posixpath.normpath(path))


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links lead to where the site has things."""
    here: str = page.file.src_uri
    real = ROOT / here if here in BESIDE else DOCS / here
    made, end = "", 0
    for fence in _FENCE.finditer(markdown):
        made += _linked(markdown[end : fence.start()], here, real) + fence[0]
        end = fence.end()
    return made + _linked(markdown[end:], here, real)


def _linked(text: str, here: str, real: Path) -> str:
    def lead(found: re.Match[str]) -> str:
        target = _plain(real.parent / found[1])
        if target == ROOT / "README.md":
            target = DOCS / "index.md"
        base = DOCS if DOCS in target.parents else ROOT
        if not target.is_file() or ROOT not in target.parents:
            return found[0]
        uri = target.relative_to(base).as_posix()
        return f"]({posixpath.relpath(uri, posixpath.dirname(here) or '.')}{found[2] or ''})"

    return _LINK.sub(lead, text)
