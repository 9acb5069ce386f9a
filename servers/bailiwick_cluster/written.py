"""Objects as YAML, the way people write them."""

from typing import Any

import yaml


class _Plain(yaml.SafeDumper):
    """No aliases: a reader cannot follow them."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write everything out."""
        return True


def written(tree: Any) -> str:
    """Write YAML in the order given."""
    return yaml.dump(tree, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=160)
