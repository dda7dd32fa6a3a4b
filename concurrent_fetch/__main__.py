"""The command line: `python -m concurrent_fetch`, and the script `concurrent-fetch`."""

import sys

_INTERRUPTED = 130


def main() -> int:
    """Run it, and return its exit code: of Ctrl-C the same while it is still imported."""
    try:
        from concurrent_fetch.cli import main as run  # noqa: PLC0415 - it may be interrupted

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("concurrent-fetch: interrupted\n")
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
