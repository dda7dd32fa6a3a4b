"""The conformance kit on the example that needs an environment of its own."""

from niquests_client import niquests_client

from concurrent_fetch.testing import parametrize_with_checks


@parametrize_with_checks([niquests_client])
def test_example(check):
    check()
