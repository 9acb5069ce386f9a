"""Objects as YAML, the way people write them."""

from functools import cache
from typing import Any


def written(tree: Any) -> str:
    """Write YAML in the order given."""
    yaml, dumper = _writer()
    return str(yaml.dump(tree, Dumper=dumper, sort_keys=False, allow_unicode=True, width=160))


@cache
def _writer() -> tuple[Any, Any]:
    """Import at the first object: at the start it would cost more than the answer to a list."""
    import yaml  # noqa: PLC0415

    class Plain(yaml.SafeDumper):
        """No aliases: a reader cannot follow them."""

        def ignore_aliases(self, data: Any) -> bool:
            """Write everything out."""
            return True

    return yaml, Plain
