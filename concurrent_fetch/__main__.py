"""The command line: `python -m concurrent_fetch`."""

import sys

from concurrent_fetch.cli import main

if __name__ == "__main__":
    sys.exit(main())
