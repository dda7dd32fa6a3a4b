"""What `import concurrent_fetch` costs beyond `import attrs, asyncio`: fresh processes in turns."""

import statistics
import subprocess
import sys
from time import perf_counter

from rounds import Verdicts

BASE = "import attrs, asyncio"


def once(code: str) -> float:
    start = perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return perf_counter() - start


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    verdicts = Verdicts()
    differences = [once(f"{BASE}, concurrent_fetch") - once(BASE) for _ in range(count)]
    verdicts.within(
        f"milliseconds beyond '{BASE}', median of {count}",
        statistics.median(differences) * 1000,
        0,
        40,
    )
    verdicts.end()


if __name__ == "__main__":
    main()
