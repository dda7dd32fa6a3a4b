"""Work on responses that computes, in a module from which other processes and Pythons import it.

None of it watches the clock: the time of other threads is not to count.
"""

import hashlib

import concurrent_fetch as cf


def in_python(_: cf.Response) -> None:
    """Count, for some 20 ms."""
    total = 0
    for number in range(400_000):
        total += number


def in_c(response: cf.Response) -> None:
    """Compute in C code that lets go of the GIL, for some 20 ms."""
    hashlib.pbkdf2_hmac("sha256", response.body, b"salt", 50_000)
