"""The shared core of the suite: one road every tool call takes."""

__version__ = "0.1.0"
