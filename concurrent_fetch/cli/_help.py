"""What `--help` says beside the arguments."""

DESCRIPTION = """\
Fetch one URL set in several ways, and learn which is truly faster.

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
  1    a URL failed, a strategy failed, or the output could not be written; with fetch --fail
       also a status of 400 or above
       (strategies that cannot be compared are no failure: the table says why)
  2    the arguments were not accepted
  130  Ctrl-C; fetch shows what it has by then, and writes its exports

completion, with pip install "concurrent_fetch[completion]":
  concurrent-fetch --print-completion bash >> ~/.bash_completion
"""
MORE_ON_COMPARE = """\
The first strategy is the reference. Each runs once more before the rounds and once after them; with
--try-more pairs of runs may follow. None of these is timed. If a host is not this machine, the
number of requests is printed first.

A strategy of your own is module:function. The module is found as python -m
finds it, in the current directory first. What it prints while it is imported
goes to stderr.

With @ an async strategy, built in or your own, runs on another event loop:
async@uvloop, async+httptools@uvloop, mine:loop@uvloop. uvloop comes with
pip install "concurrent_fetch[fast]".

examples:
  concurrent-fetch compare --file urls.txt -s sync -s threaded+httpx --rounds 10,20,40
  concurrent-fetch compare --file urls.txt -s sync -s mine:loop   (in mine.py)
  grep -v slow urls.txt | concurrent-fetch compare -
  concurrent-fetch compare --file urls.txt --export all.json   (kept after every round)
"""
MORE_ON_FETCH = """\
Prints one line per URL: status or kind of failure, decoded bytes, time, URL, and the message of a
failure. In a terminal the lines come as the outcomes arrive, else in order. The total follows; for
more than 12 URLs, by status and kind. After Ctrl-C this is printed of what is there by then.

With -o DIR or --journal FILE, run the same line again to go on where it was. URLs that are done are
skipped, and their number is printed. Failures are fetched again, and so are statuses such as 503
that may pass. So --export has what is new, and show DIR/index.jsonl prints all of it.

A strategy of your own gets URLs only: -X, -d, -o and --journal are refused with it. Its outcomes
are printed when it has ended.

examples:
  concurrent-fetch fetch https://example.com https://example.org
  concurrent-fetch fetch --file urls.txt --strategy async --concurrency 50 --timeout 5
  concurrent-fetch fetch --file urls.txt --per-host 4 --delay 0.5 --retry 3 --export run.json
  concurrent-fetch fetch --file urls.txt -o pages   (and again after Ctrl-C)
  concurrent-fetch fetch -H 'Content-Type: application/json' -d @new.json https://example.com/api
  concurrent-fetch fetch --file urls.txt -s mine:loop   (in mine.py)
"""
MORE_ON_SHOW = """\
Prints a .json file that --export wrote, or a journal, even while fetch still writes it. --export
turns it into another format. Of a run of more than 12 URLs it prints the overview, and only those
URLs that failed or got a status of 400 or above.

examples:
  concurrent-fetch show today.json
  concurrent-fetch show --all run.json
  concurrent-fetch show today.json --export today.html --export today.trace.json
  concurrent-fetch show pages/index.jsonl
"""
MORE_ON_DIFF = """\
There is no verdict across two sessions: each speed-up is of its own session. What differs between
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
