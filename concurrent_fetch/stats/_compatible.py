"""Compatible estimates: ratios of pairs that multiply, over several steps, to that of the ends.

The typical ratio of each pair is of its own pairs of runs, and two such ratios multiply only nearly
to the third. Averaged over all that both strategies were held against, they multiply exactly.

Source: Lehmann, "Robust estimation in analysis of variance" (1963).
"""

import math
from collections.abc import Callable, Sequence


def compatible(names: Sequence[str], over: Callable[[str, str], float]) -> dict[str, float]:
    """Return the logarithm of how fast each is: the ratio of two is `exp` of the difference.

    `over(a, b)` is the typical ratio of a pair, and is asked for in one direction only. Not a
    number (nan) where one pair has none.

    >>> level = compatible("abc", lambda a, b: {"ba": 2.0, "cb": 3.0, "ca": 6.75}[a + b])
    >>> [round(math.exp(level[a] - level[b]), 2) for a, b in ("ba", "cb", "ca")]
    [2.08, 3.12, 6.49]
    """
    level = dict.fromkeys(names, 0.0)
    for i, base in enumerate(names):
        for name in names[i + 1 :]:
            share = math.log(over(name, base)) / len(names)
            level[name] += share
            level[base] -= share
    return level
