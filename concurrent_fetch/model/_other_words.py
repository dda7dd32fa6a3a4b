"""Other words: what options are called in other libraries, and what to write here."""

from collections.abc import Mapping

# With {} for the value that was given.
_SPELLINGS = {
    "concurrency={}": "concurrent concurrent_requests in_flight limit max_concurrency "
    "max_concurrent max_connections max_in_flight max_tasks max_threads max_workers n_jobs "
    "n_threads n_workers num_threads num_workers parallel parallelism pool_maxsize pool_size "
    "processes semaphore size threads workers",
    "timeout={}": "read_timeout request_timeout timeout_s timeout_seconds total_timeout",
    "connect_timeout={}": "connect connection_timeout sock_connect",
    "verify={}": "ca_bundle ca_certs cafile ssl ssl_context ssl_verify verify_certs verify_ssl",
    "verify=False": "insecure",
    "max_bytes={}": "max_body_size max_length max_response_size max_size maxsize",
    "keep_bodies={}": "keep_body store_bodies",
    "reuse_connections={}": "keep_alive keepalive reuse",
    "reuse_connections=False": "force_close",
    "encodings={}": "accept_encoding",
    "encodings=()": "auto_decompress decompress",
    "proxy={}": "http_proxy https_proxy proxies proxy_url",
    "user_agent={}": "agent",
    "cookies={}": "cookie cookie_jar",
    "auth={}": "basic_auth credentials",
    "progress={}": "on_progress progress_bar show_progress tqdm verbose",
    "work={}": "callback hooks on_response",
    "digest={}": "checksum hash sha256",
    "sink=Folder({})": "body_dir directory download_dir download_to files_store folder output_dir "
    "output_folder save_dir save_to",
    "per_host={}": "concurrency_per_host concurrent_requests_per_domain "
    "concurrent_requests_per_host connections_per_host domain_parallelism host_limit "
    "limit_per_domain limit_per_host max_connections_per_host max_per_domain max_per_host "
    "per_domain",
    "delay={}": "crawl_delay download_delay host_delay min_delay pause polite_delay sleep",
    "per_host=2, delay=1.0": "be_polite polite politeness",
    "rate={}": "max_per_second max_requests_per_second qps rate_limit requests_per_second rps",
    "hosts={{'api.example': Pace(per_host=2)}}": "download_slots host_limits "
    "limits_by_host pace paces per_host_limits",
    "deadline={}": "max_run_time max_runtime overall_timeout run_timeout time_limit",
    "journal={}": "checkpoint jobdir resume state_file",
    "retry={}": "attempts max_attempts max_tries tries",
}
OTHER_WORDS: Mapping[str, str] = {
    word: keyword for keyword, words in _SPELLINGS.items() for word in words.split()
}
"""How an option is written here, by what it is called elsewhere."""

_REDIRECTS = (
    "redirects are followed, ten at most; write Options(max_redirects=0) to get a redirect as it is"
)
_PARAMS = "write the query into the URL, as 'http://host/?page=2'"


def _of_request(how: str) -> str:
    return f"a URL may be a Request: write Request(url, {how}) in the place of the URL"


_RETRIES = "write Options(retry=...) with the number of tries in all: one more than of retries"
_TIME = "write Options(timeout=...) for the time of one fetch, Options(deadline=...) for the run's"
_PER_SECOND = "a rate is of starts per second; write Options(rate=...)"
_ROBOTS = (
    "robots.txt is not read; write Options(hosts={'a.example': Pace(delay=...)}) for what it asks"
)
_OF_RETRY = {  # each by itself: two keywords `retry` in one call would be no Python
    "on": "retry_codes retry_http_codes retry_if retry_on retry_statuses status_forcelist",
    "wait_initial": "backoff backoff_base backoff_factor retry_delay retry_wait",
    "wait_max": "backoff_max max_backoff max_retry_delay",
    "wait_jitter": "backoff_jitter jitter",
    "retry_after_max": "max_retry_after retry_after_max",
    "budget": "retry_budget",
}
RETRY_WORDS: Mapping[str, str] = {
    "total": "attempts={}",
    "tries": "attempts={}",
    "max_attempts": "attempts={}",
    "stop_after": "attempts={}",
    "max_elapsed": "timeout={}",
    "max_time": "timeout={}",
    "statuses": "on={}",
    **{word: f"{name}={{}}" for name, words in _OF_RETRY.items() for word in words.split()},
}
"""How a field of `Retry` is written here, by what it is called elsewhere."""

MISSING: Mapping[str, str] = {
    "allow_redirects": _REDIRECTS,
    "follow_redirects": _REDIRECTS,
    "params": _PARAMS,
    "data": _of_request("data={...}"),
    "files": _of_request("files={...}"),
    "json": _of_request("json={...}"),
    **dict.fromkeys(("body", "content", "payload"), _of_request("body=b'...'")),
    **dict.fromkeys(("method", "verb"), _of_request("method='POST'")),
    **dict.fromkeys(
        ("max_request_retries", "max_retries", "num_retries", "retries", "retry_times"), _RETRIES
    ),
    **{
        word: f"write Options(retry=Retry({name}=...))"
        for name, words in _OF_RETRY.items()
        for word in words.split()
    },
    "total": "write Options(timeout=...) for the time of one fetch, Options(retry=...) for the "
    "number of its tries",
    **dict.fromkeys(("max_time", "time_budget"), _TIME),
    **dict.fromkeys(("max_rate", "max_tasks_per_minute", "per_minute", "rpm"), _PER_SECOND),
    "throttle": "write Options(delay=...) for the time between two starts at one host, "
    "Options(rate=...) for starts per second over all",
    "autothrottle": "nothing finds the pace by itself; write Options(per_host=2, retry=3), with "
    "which a host that answers 429 is asked less",
    **dict.fromkeys(("obey_robots", "respect_robots", "robots", "robotstxt_obey"), _ROBOTS),
    "cert": "no client sends a certificate of its own",
    "stream": "write sink=Folder(path) for bodies that go to files as they arrive, and "
    "iter_threaded(urls) to get outcomes as they complete",
    "timeout_ms": "times are in seconds; write Options(timeout=...)",
    "session": "every run opens its own; write client='httpx' for another library",
}
"""What other libraries have and this one has not, with what to do."""

REQUEST_WORDS: Mapping[str, str] = {
    "content": "body={}",
    "payload": "json={}",
    "verb": "method={}",
    "meta": "tag={}",
}
"""How a field of `Request` is written here, by what it is called elsewhere."""

NOT_OF_REQUEST: Mapping[str, str] = {
    "params": _PARAMS,
    "auth": "write user info into the URL, as 'http://user:password@host/', or "
    "headers={'Authorization': ...}",
    "cookies": "write headers={'Cookie': 'name=value'}",
    "timeout": "it holds for all URLs; write Options(timeout=...)",
    "proxies": "it holds for all URLs; write Options(proxy=...)",
    "allow_redirects": _REDIRECTS,
    "follow_redirects": _REDIRECTS,
}
"""What requests have elsewhere, with what to do."""
