"""Fetch every URL of a list once. Started again, it goes on where it was."""

import sys

import concurrent_fetch as cf

OPTIONS = cf.Options(
    concurrency=100,
    per_host=4,
    retry=3,
    timeout=60.0,
    user_agent="my-survey/1.0 (+https://example.org/survey)",
    sink=cf.Folder("pages"),
    journal="pages.jsonl",
    progress=True,
)


def main() -> None:
    new = 0
    for _outcome in cf.iter_threaded(cf.read_urls(sys.argv[1]), OPTIONS):
        new += 1
    print(f"{new:,} new outcomes; all there are so far:")
    print(cf.load("pages.jsonl"))


if __name__ == "__main__":
    main()
