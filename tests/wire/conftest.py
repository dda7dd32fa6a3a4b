"""What the tests of the way to a server share."""

import pytest
from names import Resolve, resolve_to


@pytest.fixture
def resolves_to(monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """Makes every name have these addresses, after a while."""

    def set_up(*literals: str, after: float = 0.0) -> None:
        resolve_to(monkeypatch, literals, after=after)

    return set_up
