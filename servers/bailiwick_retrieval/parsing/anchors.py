"""Anchors of headings, made as GitHub makes them, and unique in a document."""

import re

_DROPPED = re.compile(r"[^\w\- ]", re.UNICODE)
MOST = 200
"""Longest anchor, in characters."""


def slug(heading: str) -> str:
    """Make the anchor that GitHub makes of a heading's plain text; letters of any script stay."""
    return _DROPPED.sub("", heading.strip().lower()).replace(" ", "-")[:MOST]


class Anchors:
    """The anchors of one document: the second `#setup` is `#setup-1`."""

    def __init__(self) -> None:
        """Begin without any."""
        self._seen: dict[str, int] = {}

    def of(self, heading: str, own: str = "") -> str:
        """Give a heading its anchor: its own id where it has one, else one made of its text."""
        wanted = own[:MOST] or slug(heading) or "section"
        anchor = wanted
        while anchor in self._seen:
            self._seen[wanted] += 1
            anchor = f"{wanted}-{self._seen[wanted]}"
        self._seen[anchor] = 0
        return anchor
