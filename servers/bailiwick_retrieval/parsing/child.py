"""A parsing process: reads files on its input, answers on its output, may die at any of them.

It may not write files, and has little memory and no environment. Whatever a library prints goes
nowhere, since it would stand between the answers.
"""

import os
import resource
import signal
import sys
from typing import BinaryIO

import orjson

from bailiwick_retrieval.parsing.failure import Unparsed
from bailiwick_retrieval.parsing.frames import HEAD, MOST_MESSAGE, REQUEST, Answer, framed
from bailiwick_retrieval.parsing.reading import digest

_MEGABYTE = 1_048_576
_SPARE_SECONDS = 5
"""How much longer than its server a child waits before it ends itself, were the server gone."""


def main(memory_mb: int) -> None:
    """Answer requests until the input ends."""
    source, sink = os.fdopen(_taken(0), "rb"), os.fdopen(_taken(1), "wb")
    _confine(memory_mb)
    while True:
        head, data = _frame(source), _frame(source)
        if head is None or data is None:
            break
        answer = _answer(head, data)
        signal.alarm(0)
        sink.write(framed(orjson.dumps(answer)))
        sink.flush()
        if answer.worn:
            break


def _taken(number: int) -> int:
    """Take a standard stream for ourselves, and leave the null device in its place."""
    stream = os.dup(number)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, number)
    os.close(null)
    return stream


def _confine(memory_mb: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * _MEGABYTE, memory_mb * _MEGABYTE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _frame(source: BinaryIO) -> bytes | None:
    head = source.read(HEAD)
    if len(head) < HEAD:
        return None
    size = int.from_bytes(head, "big")
    body = source.read(size)
    return body if len(body) == size else None


def _answer(head: bytes, data: bytes) -> Answer:
    try:
        asked = REQUEST.validate_json(head)
        limits = asked.limits
        signal.alarm(int(limits.seconds) + _SPARE_SECONDS)
        return Answer(digest(data, asked.name, asked.media_type, limits))
    except Unparsed as error:
        worn = isinstance(error.__cause__, MemoryError)
        return Answer(unparsed=str(error)[:MOST_MESSAGE], worn=worn)
    except MemoryError:
        return Answer(unparsed="needs more memory than one file may have", worn=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
