"""A handbook to ask about: runbooks, policies old and new, and what only the board may read."""

import pytest

from tests.parts.documents import DAY, NOW, Desk, Library, prepared

POOL = """---
title: Connection pool exhausted
alerts: [PoolExhausted]
tags: [ops, db]
---
# Connection pool exhausted

The pool of checkout has no free connection.

## Symptoms

Requests wait, and `hikari_pending` grows above 20.

## Steps

1. Look at slow queries with `show processlist`.
2. Restart the deployment: `kubectl rollout restart deploy/checkout`.

## Background

maxPoolSize is 30 for every replica.
"""
OLD = """---
superseded_by: policies/retention.md
---
# Retention 2023

Backups are kept for thirty days in the vault.
"""
RETENTION = """---
review_by: 2026-12-01
---
# Retention

Backups are kept for ninety days, encrypted, in the vault.

## Exceptions

Payroll is kept for ten years.
"""
BOARD = "# Merger\n\nThe merger with Initech is planned; backups are kept for the lawyers."


@pytest.fixture
async def book(shelf: Library) -> Library:
    """Give the library with the handbook in it."""
    await shelf.put(
        "docs",
        prepared("runbooks/pool.md", POOL, url="https://wiki/pool"),
        prepared("policies/retention-2023.md", OLD, updated=NOW - 800 * DAY),
        prepared("policies/retention.md", RETENTION),
        prepared("board/merger.md", BOARD, ruled=("board",)),
    )
    return shelf


@pytest.fixture
def at(book: Library, desk: Desk) -> Desk:
    """Give the gate in front of the handbook."""
    return desk
