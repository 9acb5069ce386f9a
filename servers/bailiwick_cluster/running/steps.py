"""Calls that are ready to be made: how to undo a change, and what to do next."""

from collections.abc import Awaitable

from bailiwick.errors import Forbidden


def step(tool: str, **arguments: str | int | bool) -> str:
    """Write the call of a tool. What it holds must be plain: names that were asked about."""
    return f"{tool}({', '.join(f'{name}={_value(value)}' for name, value in arguments.items())})"


def _value(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


async def rehearsed(effect: str, write: Awaitable[object]) -> str:
    """Have the API rehearse a change; say what it would do, and how to do it for real.

    Whoever may not do it still learns what it would do.
    """
    try:
        await write
    except Forbidden:
        return f"would {effect}. BUT THE CLUSTER DOES NOT LET YOU: its RBAC, or an admission rule"
    return f"would {effect} (the cluster accepts it). To do it: the same call with dry_run=false"
