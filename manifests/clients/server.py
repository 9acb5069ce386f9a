# ruff: noqa: INP001 - a program of its own, not of a package
"""What a bundle's host runs: the server, over stdio."""

import importlib
import os
import sys
from pathlib import Path

SETTINGS = ("BAILIWICK_CONFIG", "KUBECONFIG")

# A host leaves the reference in place where its person has set nothing.
for name in SETTINGS:
    if os.environ.get(name, "").startswith("${") or not os.environ.get(name):
        os.environ.pop(name, None)

server = Path(__file__).with_name("server.name").read_text(encoding="utf-8").strip()
sys.argv = sys.argv[:1]
importlib.import_module(f"bailiwick_{server}.__main__").main()
