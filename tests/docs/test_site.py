"""The manual as a site: it builds strictly and without a network, and fetches nothing when read."""

import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from tests.docs.blocks import ROOT, blocks, documents

BESIDE = {"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}
FETCHES = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
ALONE = """
import socket, sys
def refuse(*_, **__): raise OSError("the manual needs no network")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from mkdocs.__main__ import cli
cli(["build", "--quiet", "--strict", "--site-dir", sys.argv[1]])
"""


class Fetched(HTMLParser):
    """What a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag in FETCHES and told.get("rel") not in ("prev", "next", "canonical"):
            self.found.append(told.get(FETCHES[tag]) or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("manual")
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(at)],
        cwd=ROOT,
        env={"PATH": "", "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return at


@pytest.mark.slow
def test_reading_it_fetches_nothing_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 80
    for page in pages:
        parser = Fetched()
        parser.feed(page.read_text(encoding="utf-8"))
        outside = [each for each in parser.found if re.match(r"(https?:)?//", each)]
        assert not outside, page
        gone = [
            each
            for each in parser.found
            if each and not (page.parent / each.split("?")[0].split("#")[0]).exists()
        ]
        assert page.name == "404.html" or not gone, page
    for sheet in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", sheet.read_text("utf-8")), sheet


@pytest.mark.slow
def test_what_stands_beside_the_documents_is_on_the_site(site: Path) -> None:
    assert (site / "CHANGELOG.html").is_file()
    assert 'href="CHANGELOG.html"' in (site / "upgrade.html").read_text(encoding="utf-8")
    assert (site / "manifests/policy/default.cedar").is_file()
    assert not list(site.glob("tools/*/examples"))


def listed(node: Any) -> Iterator[str]:
    """Name the files of the navigation."""
    if isinstance(node, str):
        yield node
        return
    inside: Iterable[Any] = cast("Any", node).values() if isinstance(node, dict) else node
    for each in inside:
        yield from listed(each)


def test_the_navigation_has_every_page_and_no_other() -> None:
    told = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]
    there = {name.removeprefix("docs/") for name in documents() if name.startswith("docs/")}
    # The pages of tools are put in by scripts/manual/site.py, as tools.md lists them.
    own = {name for name in there if not name.startswith("tools/")}
    assert sorted(listed(told)) == sorted(own | BESIDE)


def test_pictures_are_files_of_ours() -> None:
    assert [block.at for block in blocks("mermaid")] == [], "it is fetched when it is read"
    for page, text in documents().items():
        for target in re.findall(r"!\[[^\]]*\]\(([^)\s]+)\)", text):
            assert (ROOT / page).parent.joinpath(target).is_file(), (page, target)
