"""The globs of a collection, or the operator's error."""

from bailiwick.errors import BadConfig
from bailiwick_retrieval.globs import Selection


def selection(name: str, include: tuple[str, ...], exclude: tuple[str, ...]) -> Selection:
    """Compile a collection's globs, or raise BadConfig."""
    try:
        return Selection.of(include, exclude)
    except ValueError as error:
        raise BadConfig(f"collection {name}: `include` or `exclude`: {error}") from error
