"""A subset of SPL, really executed: read, checked and run over rows."""
