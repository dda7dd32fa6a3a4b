"""The conformance kit: checks that hold a client or a strategy to what this package promises."""

from concurrent_fetch.testing._catalogue import CHECKS, check_client, check_strategy
from concurrent_fetch.testing._check import Check, CheckFailed, Report
from concurrent_fetch.testing._parametrize import parametrize_with_checks

__all__ = [
    "CHECKS",
    "Check",
    "CheckFailed",
    "Report",
    "check_client",
    "check_strategy",
    "parametrize_with_checks",
]
