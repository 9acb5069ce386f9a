"""How the time to judge a search in SPL grows with its length: five times the text, how many times?

    python -m tests.benchmarks.judging

A judge that looks back would take 25 times as long. Each shape is repeated to 20 000 and to
100 000 characters. Exit 0 when none grows more than 15 times.
"""

import sys
import time

from bailiwick_observability.spl.guard import Rules, judge

SHORT, LONG = 20_000, 100_000
MOST = 15.0
SHAPES = (
    "error OR ",
    'x="a b" ',
    "| eval a=1 ",
    "'a b' ",
    "```c``` ",
    "(a) ",
    "it's ",
    r"\\a ",
    "| append [search index=b] ",
    '| map search="search index=b" ',
    "NOT a ",
    '"',
    "[",
    "`",
    "=",
)


def main() -> int:
    """Measure every shape."""
    worst = 0.0
    for shape in SHAPES:
        small, large = _spent(shape, SHORT), _spent(shape, LONG)
        worst = max(worst, large / small)
        print(
            f"{shape!r:34} {small * 1e3:8.1f} ms {large * 1e3:8.1f} ms  {large / small:5.1f} times"
        )
    print(f"the worst grows {worst:.1f} times for 5 times the text (at most {MOST:g})")
    return int(worst > MOST)


def _spent(shape: str, length: int) -> float:
    """Return the processor's seconds for one search, the best of three."""
    search = "index=web " + shape * (length // len(shape))
    rules = Rules(most_characters=2 * LONG)
    seconds: list[float] = []
    for _ in range(3):
        began = time.process_time()
        judge(search, rules)
        seconds.append(time.process_time() - began)
    return max(min(seconds), 1e-6)


if __name__ == "__main__":
    sys.exit(main())
