"""Run an embedding model: onnxruntime on the CPU, the only importer of it and of tokenizers."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

import anyio
import numpy as np
from numpy.typing import NDArray

from bailiwick.errors import BadConfig
from bailiwick.upstream.blocking import blocking
from bailiwick_retrieval.embedding.manifest import Manifest, read

_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}


@dataclass(slots=True)
class Model:
    """A loaded model. Vectors have length 1; equal texts give equal vectors."""

    manifest: Manifest
    _session: Any
    _tokenizer: Any
    _lock: Lock = field(default_factory=Lock)
    _limiter: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(2))

    async def query(self, text: str) -> Sequence[float]:
        """Embed a question."""
        found = await blocking(
            self.embed, [self.manifest.prefix_query + text], limiter=self._limiter
        )
        return found[0].tolist()

    async def passages(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Embed passages, together."""
        wanted = [self.manifest.prefix_passage + text for text in texts]
        return (await blocking(self.embed, wanted, limiter=self._limiter)).tolist()

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts as they are; what is beyond the most tokens does not count."""
        with self._lock:
            encoded = self._tokenizer.encode_batch([_valid(text) for text in texts])
        # One at a time: a model in int8 scales by all that runs together, so the vector of a
        # passage would tell of its neighbours, which not everybody may read. It is no slower.
        return np.concatenate([self._one(each.ids or [0]) for each in encoded])

    def _one(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        ids = np.array([tokens], np.int64)
        mask = np.ones_like(ids)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        names = [each.name for each in self._session.get_inputs()]
        states = self._session.run(None, {name: given[name] for name in names})[0]
        return _pooled(states, self.manifest.pooling)


def _valid(text: str) -> str:
    """Replace what is no character: half of a pair that stands alone."""
    return text.encode("utf-8", errors="replace").decode()


def _pooled(states: NDArray[np.float32], how: str) -> NDArray[np.float32]:
    vectors = states  # of two dimensions where the model has pooled them itself
    if states.ndim > 2:
        vectors = states[:, 0] if how == "cls" else states.mean(axis=1)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-9)).astype(np.float32)


def load(folder: Path, threads: int = 1) -> Model:
    """Load the model of a folder, its hashes checked, or raise BadConfig."""
    manifest = read(folder)
    # 60 MB that a start does not need.
    runtime: Any = import_module("onnxruntime")
    tokenizers: Any = import_module("tokenizers")
    runtime.set_default_logger_severity(3)
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    # The arena keeps the largest batch that ever was: 200 MB that few passages need.
    options.enable_cpu_mem_arena = False
    try:
        session = runtime.InferenceSession(
            str(folder / manifest.model), options, providers=["CPUExecutionProvider"]
        )
        # `from_file` raises a bare Exception over a file that is broken, this a ValueError.
        tokenizer = tokenizers.Tokenizer.from_buffer((folder / manifest.tokenizer).read_bytes())
    except (OSError, ValueError, RuntimeError, *_refusals()) as error:
        detail = repr(error)
        raise BadConfig(f"the model {manifest.name} cannot be loaded", detail=detail) from error
    tokenizer.enable_truncation(manifest.most_tokens)
    tokenizer.no_padding()
    model = Model(manifest, session, tokenizer)
    if {each.name for each in session.get_inputs()} - _INPUTS:
        raise BadConfig(f"the model {manifest.name} wants inputs that no text gives")
    if model.embed(["size"]).shape[1] != manifest.dimensions:
        raise BadConfig(f"the model {manifest.name} has not {manifest.dimensions} dimensions")
    return model


def _refusals() -> tuple[type[Exception], ...]:
    """Give what onnxruntime raises: classes of its own without a common base."""
    raised = vars(import_module("onnxruntime.capi.onnxruntime_pybind11_state")).values()
    return tuple(each for each in raised if isinstance(each, type) and issubclass(each, Exception))
