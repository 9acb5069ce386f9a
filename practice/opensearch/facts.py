"""What is known of a running OpenSearch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OpenSearch:
    """Its address. There is no security plugin: whoever reaches the port may do anything."""

    url: str
