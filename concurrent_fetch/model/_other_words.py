"""Other words: what options are called in other libraries, and what to write here."""

from collections.abc import Mapping

# With {} for the value that was given.
_SPELLINGS = {
    "concurrency={}": "concurrent concurrent_requests in_flight limit max_concurrency "
    "max_concurrent max_connections max_in_flight max_tasks max_threads max_workers n_jobs "
    "n_threads n_workers num_threads num_workers parallel parallelism pool_maxsize pool_size "
    "processes semaphore size threads workers",
    "timeout={}": "max_time read_timeout request_timeout timeout_s timeout_seconds total "
    "total_timeout",
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
    "headers={{'User-Agent': ...}}": "agent user_agent",
    "headers={{'Cookie': ...}}": "cookie cookies",
    "progress={}": "on_progress progress_bar show_progress tqdm verbose",
    "work={}": "callback hooks on_response",
    "digest={}": "checksum hash sha256",
}
OTHER_WORDS: Mapping[str, str] = {
    word: keyword for keyword, words in _SPELLINGS.items() for word in words.split()
}
"""How an option is written here, by what it is called elsewhere."""

_REDIRECTS = (
    "redirects are followed, ten at most; write Options(max_redirects=0) to get a redirect as it is"
)
_GET_ONLY = "every request is a GET without a body"
_NO_RETRIES = "nothing is tried again: fetch once more what is in run.failures"
MISSING: Mapping[str, str] = {
    "allow_redirects": _REDIRECTS,
    "follow_redirects": _REDIRECTS,
    "auth": "write user info into the URL, as 'http://user:password@host/', or "
    "Options(headers={'Authorization': ...})",
    "params": "write the query into the URL, as 'http://host/?page=2'",
    "data": _GET_ONLY,
    "json": _GET_ONLY,
    "method": _GET_ONLY,
    "retries": _NO_RETRIES,
    "max_retries": _NO_RETRIES,
    "retry": _NO_RETRIES,
    "cert": "no client sends a certificate of its own",
    "stream": "bodies are read whole; write iter_threaded(urls) to get outcomes as they complete",
    "timeout_ms": "times are in seconds; write Options(timeout=...)",
    "session": "every run opens its own; write client='httpx' for another library",
}
"""What other libraries have and this one has not, with what to do."""
