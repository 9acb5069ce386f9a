#!/usr/bin/env bash
# Writes the pinned, hashed requirement files from pyproject.toml. Run it to move versions, and read the diff.
#   run.txt   what the suite needs to run, all extras     dev.txt   the same, and what tests and checks need
set -euo pipefail
cd "$(dirname "$0")/.."
compile() {
  .venv/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --universal --no-emit-index-url \
    --no-header --no-annotate --exclude-newer "${EXCLUDE_NEWER:-$(date -u -d '7 days ago' +%Y-%m-%dT00:00:00Z)}" "$@"
}
compile pyproject.toml --extra all -o requirements/run.txt
compile pyproject.toml --extra all --group test --group check --group lock -o requirements/dev.txt
