from bailiwick import audit
from bailiwick.audit import Journal, Writer


def _takes(journal: type[Journal]) -> None:
    """Exist for the type checker: it compares the two."""


def test_a_writer_is_a_journal() -> None:
    _takes(Writer)
    for name in ("write", "ready"):
        assert callable(getattr(Writer, name))


def test_what_is_exported_is_there() -> None:
    assert all(hasattr(audit, name) for name in audit.__all__)
