"""The values that the manual shows: a page's first block is whole, others add to it."""

from pathlib import Path

import pytest

from scripts import manifests
from tests.docs.blocks import blocks
from tests.parts.chart import kinds, rendered

pytestmark = pytest.mark.slow

UNDER = {
    "docs/kubernetes.md": (),
    "docs/openshift.md": ("--values", str(manifests.ROOT / "manifests/openshift/values.yaml")),
}


@pytest.mark.parametrize("page", UNDER)
def test_values_of_the_manual_render(page: str, tmp_path: Path) -> None:
    shown = [block.text for block in blocks("yaml") if block.page == page]
    assert len(shown) >= 2
    files = [tmp_path / f"{number}.yaml" for number in range(len(shown))]
    for file, text in zip(files, shown, strict=True):
        file.write_text(text)
    whole = [*UNDER[page], "--values", str(files[0])]
    assert kinds(rendered(*whole), "StatefulSet")
    for file in files[1:]:
        assert kinds(rendered(*whole, "--values", str(file)), "StatefulSet"), file.read_text()
