"""Documents of any format, read in a process that may die, as sections with places.

`workers.Workers` is what a server uses: it parses in child processes. `reading.digest` is what a
child does with one file. Every way a file can fail to be read is an `Unparsed`.
"""

from bailiwick_retrieval.parsing.failure import Unparsed

__all__ = ["Unparsed"]
