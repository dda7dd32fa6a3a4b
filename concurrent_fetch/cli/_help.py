"""What `--help` says beside the arguments."""

DESCRIPTION = """\
Fetch one URL set in several ways, and learn truthfully which is faster.

Without a command: compares fetch_sync, fetch_threaded and fetch_async on a local server,
offline, in about 7 s.
"""
MORE = """\
examples:
  concurrent-fetch
  concurrent-fetch compare --file urls.txt -s threaded -s threaded+httpx -s async
  concurrent-fetch compare --file urls.txt -s sync -s mine:loop   (in mine.py)
  concurrent-fetch fetch https://example.com https://example.org
  concurrent-fetch compare --file urls.txt --export today.json --export today.html
  concurrent-fetch diff yesterday.json today.json
  concurrent-fetch serve --latency 0.05 --capacity 10 --port 8000

exit code:
  0    every URL was answered, with whatever status; show and diff; serve, ended by Ctrl-C
  1    a URL failed, a strategy failed, or the output could not be written
       (strategies that cannot be compared are no failure: the table says why)
  2    the arguments were not accepted
  130  Ctrl-C
"""
MORE_ON_COMPARE = """\
The first strategy is the reference. Each runs once more before the rounds and once after them,
untimed. Where a host is not this machine, the number of requests is printed first.

A strategy of your own is module:function, with the module found as python -m
finds it, in the current directory first. What it prints while it is imported
goes to stderr.

examples:
  concurrent-fetch compare --file urls.txt -s sync -s threaded+httpx --rounds 10,20,40
  concurrent-fetch compare --file urls.txt -s sync -s mine:loop   (in mine.py)
  grep -v slow urls.txt | concurrent-fetch compare -
  concurrent-fetch compare --file urls.txt --export all.json   (kept after every round)
"""
MORE_ON_FETCH = """\
Prints one line per URL, in order: status or kind of failure, decoded bytes, time, URL,
and the message of a failure. Then the total.

examples:
  concurrent-fetch fetch https://example.com https://example.org
  concurrent-fetch fetch --file urls.txt --strategy async --concurrency 50 --timeout 5
  concurrent-fetch fetch --file urls.txt -s mine:loop   (in mine.py)
"""
MORE_ON_SHOW = """\
Takes what --export or save wrote as .json; --export turns it into another format.

examples:
  concurrent-fetch show today.json
  concurrent-fetch show today.json --export today.html --export today.trace.json
"""
MORE_ON_DIFF = """\
There is no verdict across two sessions: each speed-up is of its own, and what differs between
the two environments is listed.

example:
  concurrent-fetch diff yesterday.json today.json
"""
MORE_ON_SERVE = """\
Prints the base URL once it listens. Ctrl-C ends it, with exit code 0.

example, and then in another terminal:
  concurrent-fetch serve --latency 0.05 --port 8000 --per-host 4
  concurrent-fetch fetch http://127.0.0.1:8000/bytes/1024 http://127.0.0.1:8000/status/404
"""
