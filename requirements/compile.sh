#!/usr/bin/env bash
# Writes the pinned, hashed requirement files from pyproject.toml. Run it to move versions, and read the diff.
#   run.txt   what the suite needs to run, all extras     dev.txt   the same, and what tests and checks need
#   cluster.txt, observability.txt, retrieval.txt         what one server needs in its image, as pinned in run.txt
#   agents/*.txt                                          the frameworks of the examples, each apart: their pins
#                                                         need not agree with ours
set -euo pipefail
cd "$(dirname "$0")/.."
pinned() {
  .venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --universal --no-emit-index-url \
    --no-header --no-annotate --exclude-newer "${EXCLUDE_NEWER:-$(date -u -d '7 days ago' +%Y-%m-%dT00:00:00Z)}" "$@"
}
compile() { pinned pyproject.toml "$@"; }
compile --extra all -o requirements/run.txt
compile --extra all --group test --group check --group docs --group ship --group lock -c requirements/run.txt \
  -o requirements/dev.txt
for server in cluster observability retrieval; do
  compile --extra "$server" --extra replicas --extra telemetry -c requirements/run.txt -o "requirements/$server.txt"
done
for framework in requirements/agents/*.in; do
  pinned "$framework" -o "${framework%.in}.txt"
done
