"""What a function of the user's says of outcomes in the workers, where their bodies were."""

from collections.abc import Callable

import attrs

from concurrent_fetch.model import Options, Outcome


class Judging:
    """Has a feed retry what `Retry.on` said in a worker is to be tried again.

    The function is called there, and here only for outcomes that no worker has seen.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        """Those for the feed."""
        self.told: frozenset[int] | None = None
        """Indices of which it was said, among the outcomes that are settled now; None: they are of
        no worker."""
        retry = options.retry
        if retry is not None and callable(retry.on):
            self._on: Callable[[Outcome], bool] = retry.on
            retry = attrs.evolve(retry, on=self._is_concerned)
            self.options = attrs.evolve(options, retry=retry)

    def _is_concerned(self, outcome: Outcome) -> bool:
        return bool(self._on(outcome)) if self.told is None else outcome.index in self.told
