"""The conformance kit on the examples (nox -s examples)."""

from curl_cffi_client import curl_cffi_client
from fetch_trio import fetch_trio
from pycurl_client import pycurl_client
from pyreqwest_client import pyreqwest_client

from concurrent_fetch.testing import parametrize_with_checks

EXPECTED_FAILURES = {
    "pyreqwest": {"leaving": "closing its client leaves requests in flight until their deadline"}
}


@parametrize_with_checks(
    [pycurl_client, curl_cffi_client, pyreqwest_client, fetch_trio],
    expected_failures=EXPECTED_FAILURES,
)
def test_example(check):
    check()
