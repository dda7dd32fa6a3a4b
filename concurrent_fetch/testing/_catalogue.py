"""The checks, in the order of their story, and what asks them all of one part."""

from concurrent_fetch.fetch import AsyncClient, Client
from concurrent_fetch.strategies import Strategy
from concurrent_fetch.testing import (
    _bodies,
    _concurrency,
    _faults,
    _leftovers,
    _methods,
    _outcomes,
    _redirects,
    _requests,
    _stopping,
)
from concurrent_fetch.testing._check import Check, Report
from concurrent_fetch.testing._subject import Part, client_subject, strategy_subject

CHECKS: tuple[Check, ...] = (
    _outcomes.every_url,
    _outcomes.index,
    _outcomes.duplicates,
    _outcomes.no_urls,
    _outcomes.isolation,
    _outcomes.http_errors,
    _outcomes.retries,
    _outcomes.timing,
    _outcomes.work,
    _outcomes.pickling,
    _requests.request_headers,
    _requests.own_headers,
    _requests.connections_kept,
    _requests.connections_new,
    _requests.private_addresses,
    _bodies.body,
    _bodies.chunked_body,
    _bodies.gzip,
    _bodies.deflate,
    _bodies.text,
    _bodies.no_content,
    _bodies.body_not_kept,
    _bodies.body_cap,
    _bodies.endless_body,
    _bodies.gzip_bomb,
    _redirects.redirects_followed,
    _redirects.redirects_limited,
    _redirects.redirects_endless,
    _redirects.redirects_off,
    _redirects.redirects_keep_secrets,
    _methods.head,
    _methods.post_body,
    _methods.redirects_303,
    _methods.redirects_307,
    _faults.kind_invalid_url,
    _faults.kind_dns,
    _faults.kind_connect,
    _faults.kind_tls,
    _faults.kind_disconnected,
    _faults.kind_protocol,
    _faults.kind_incomplete,
    _faults.kind_decode,
    _faults.malformed_header,
    _faults.deadline_silence,
    _faults.deadline_slow_head,
    _faults.deadline_slow_body,
    _concurrency.concurrency_limit,
    _concurrency.no_queue,
    _concurrency.no_mix_up,
    _concurrency.below_a_loop,
    _stopping.laziness,
    _stopping.early_stop,
    _stopping.cancellation,
    _stopping.leaving,
    _leftovers.leaves_no_thread,
    _leftovers.leaves_no_task,
    _leftovers.leaves_no_connection,
    _leftovers.leaves_no_descriptor,
)
"""Every check there is."""


def check_client(client: Client | AsyncClient) -> tuple[Report, ...]:
    """Ask all checks for clients; return a report of each.

    Raises:
        TypeError: it is no client.
    """
    client_subject(client)
    return _reports(client)


def check_strategy(strategy: Strategy) -> tuple[Report, ...]:
    """Ask all checks for strategies, in whichever of the four forms; return a report of each.

    Raises:
        TypeError: it cannot be called, or is a client.
    """
    strategy_subject(strategy)
    return _reports(strategy)


def checks_for(part: Part) -> tuple[Check, ...]:
    """Return the checks that are meant for such a part."""
    return tuple(check for check in CHECKS if check.applies(part))


def _reports(part: Part) -> tuple[Report, ...]:
    return tuple(check.report(part) for check in checks_for(part))
