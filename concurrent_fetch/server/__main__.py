"""The process that a LocalServer starts: `python -m concurrent_fetch.server`."""

from concurrent_fetch.server._process import main

if __name__ == "__main__":
    main()
