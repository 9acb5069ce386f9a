"""The peer of the retrieval benchmark: Chroma's own MCP server, outside our environment.

It embeds with all-MiniLM-L6-v2, and would fetch the weights when it is first asked. They are laid
before it where it looks for them: the very model that ours embeds with, so that neither meets the
network and both know as much.
"""

import os
import subprocess
import sys
from pathlib import Path

from bailiwick_retrieval.embedding import manifest
from practice import cache

PACKAGES = ("chroma-mcp==0.2.6", "chromadb==1.5.9", "pydantic==2.11.10")
"""Its newest release. The SDK that it asks for does not start with a newer pydantic."""
_START = """
import os, select, threading, time
def end():
    pipe = select.poll()
    pipe.register(0, 0)
    pipe.poll()
    time.sleep(1)
    os._exit(0)
threading.Thread(target=end, daemon=True).start()
from chroma_mcp import main
main()
"""
"""It does not end when its client is gone: a thread that waits for that ends it."""
_MODEL = Path(".cache", "chroma", "onnx_models", "all-MiniLM-L6-v2", "onnx")
_LOOKED_FOR = ("config.json", "special_tokens_map.json", "tokenizer_config.json", "vocab.txt")
"""Files that must be there and are not read."""


def command(data: Path) -> list[str]:
    """Give its command line; the first time it is installed, which takes a minute."""
    at = cache.kept("library-peer", [*PACKAGES, sys.version], _install)
    options = ["--client-type", "persistent", "--data-dir", str(data)]
    return [str(at / "bin" / "python"), "-c", _START, *options]


def environ(home: Path, model: Path) -> dict[str, str]:
    """Make its home folder, with our model in it, and the environment that points there."""
    told = manifest.read(model)
    at = home / _MODEL
    at.mkdir(parents=True, exist_ok=True)
    for name, file in (("model.onnx", told.model), ("tokenizer.json", told.tokenizer)):
        if not (at / name).exists():
            (at / name).symlink_to(model / file)
    for name in _LOOKED_FOR:
        (at / name).write_text("{}")
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "HOME": str(home), "ANONYMIZED_TELEMETRY": "False", "PYTHONUNBUFFERED": "1"}


def _install(at: Path) -> None:
    """Its modules are compiled too: uncompiled ones would make its start look slow."""
    print(f"installing {' '.join(PACKAGES)}", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(at)], check=True)
    pip = [str(at / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", *PACKAGES], check=True)
