"""OpenSearch from Maven artifacts, fetched and compiled once and then cached."""

import os
import tempfile
import zipfile
from pathlib import Path

from practice import cache
from practice.keycloak_build import java
from practice.steps import Steps

FOLDER = Path(__file__).parent
POM = FOLDER / "pom.xml"
SOURCE = FOLDER / "SearchNode.java"
MAIN = SOURCE.stem
RECIPE = (POM, SOURCE)


def check() -> None:
    """Raise if what OpenSearch needs of the machine is not there."""
    java()
    if not cache.place("opensearch", RECIPE).exists():
        _maven()
        _compiler()


def _maven() -> str:
    return cache.tool("mvn", "Maven 3.8 or newer")


def _compiler() -> str:
    return cache.tool("javac", "a JDK 17 or newer")


def library(steps: Steps) -> Path:
    """Give the folder with all jars and the compiled node; fetched the first time, in 20 s."""

    def build(made: Path) -> None:
        steps.say("opensearch: first time here: fetching 100 jars")
        with tempfile.TemporaryDirectory(dir=made.parent) as bench:
            pom = Path(bench) / "pom.xml"  # Maven may write beside it
            pom.write_bytes(POM.read_bytes())
            where = ["-f", str(pom), f"-DoutputDirectory={made}"]
            words = [_maven(), "-q", "-B", *where, "dependency:copy-dependencies"]
            steps.run(words, "fetching OpenSearch")
        for plugin in made.glob("*.zip"):
            with zipfile.ZipFile(plugin) as packed:
                jars = [each for each in packed.namelist() if each.endswith(".jar")]
                packed.extractall(made, [each for each in jars if not (made / each).exists()])
            plugin.unlink()
        words = [_compiler(), "-proc:none", "-cp", f"{made}{os.sep}*", "-d", str(made), str(SOURCE)]
        steps.run(words, "compiling OpenSearch's node")

    return cache.kept("opensearch", RECIPE, build)


def class_path(library: Path) -> str:
    """Give the class path of a library."""
    return f"{library}:{library}/*"
