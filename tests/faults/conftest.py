"""Fault tests run the whole product against systems that fail."""
