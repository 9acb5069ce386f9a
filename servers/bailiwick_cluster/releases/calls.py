"""Calls of other tools, written so that they can be made as they stand. Pure."""


def calling(tool: str, cluster: str, namespace: str, release: str, **more: object) -> str:
    """Write a call about one release."""
    where = f'cluster="{cluster}", namespace="{namespace}", release="{release}"'
    return f"{tool}({where}{''.join(f', {key}={_written(more[key])}' for key in more)})"


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
