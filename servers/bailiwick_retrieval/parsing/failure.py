"""The one way a file can fail to be read, and what libraries raise that amounts to it."""

import csv
import struct
import zipfile
import zlib
from email.errors import MessageError

from bailiwick.errors import Unreadable


class Unparsed(Unreadable):
    """The file cannot be read. The message follows the file's name: `is encrypted`."""


FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    MessageError,
    NotImplementedError,
    OSError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    csv.Error,
    struct.error,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)
"""What Python and parsers in Python raise at bytes that they did not foresee."""
