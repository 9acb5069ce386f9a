"""A start is cheap: what a server does not need to list its tools comes with the first call."""

import subprocess
import sys
from pathlib import Path

import pytest

from bailiwick.config import Settings
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_observability.settings import SourceSettings
from tests.benchmarks.cold_start import HELLO
from tests.parts.served import environ

LATER = {
    *(
        "matplotlib",
        "numpy",
        "PIL",
        "splunklib",
        "kubernetes",
        "yaml",
        "limits",
        "prometheus_client",
    ),
    *("bailiwick.web", "bailiwick.rates", "bailiwick.identity.verifier"),
    *("bailiwick.audit.verify", "bailiwick.audit.reader", "bailiwick.audit.checkpoint"),
    *("asyncpg", "valkey", "bailiwick.sharing.database", "bailiwick.sharing.counter"),
    *("bailiwick.sharing.indexer", "bailiwick.approval.postgres"),
    *("bailiwick_cluster.upstream.clusters", "bailiwick_observability.upstream.sources"),
    *("bailiwick_observability.searching", "bailiwick_observability.spl"),
    *("snowballstemmer", "onnxruntime", "tokenizers", "sqlite3.dump", "dulwich", "selectolax"),
    *("bailiwick_retrieval.engines", "bailiwick_retrieval.upstream", "bailiwick_retrieval.parsing"),
    *("bailiwick_observability.dql", "bailiwick_observability.variables"),
}
SCRIPT = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from bailiwick.cli import main
main(["serve", "{}"])
"""


@pytest.mark.parametrize("server", ["cluster", "observability", "retrieval"])
def test_tools_are_listed_without_what_only_calls_need(tmp_path: Path, server: str) -> None:
    command = [sys.executable, "-c", SCRIPT.format(server)]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=environ(tmp_path)
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(HELLO)
        process.stdin.flush()
        answers = [process.stdout.readline() for _ in range(2)]
        _, modules = process.communicate(timeout=30)
    assert b'"inputSchema"' in answers[1]
    assert LATER & set(modules.decode().split()) == set()


@pytest.mark.parametrize("model", [Settings, ClusterSettings, SourceSettings])
def test_settings_do_not_read_their_own_source(model: type[Settings]) -> None:
    # pydantic would parse it at each start; what the manual says is read by scripts/reference.py
    assert not model.model_config.get("use_attribute_docstrings")
