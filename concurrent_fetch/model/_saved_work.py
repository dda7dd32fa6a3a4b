"""What is left of a function of the user's in a saved result."""

from typing import ClassVar, NoReturn

import attrs

from concurrent_fetch.model._outcome import Outcome
from concurrent_fetch.words import called


@attrs.frozen(eq=False, repr=False)
class SavedWork:
    """What is left of work, or of another function, in a saved result: its name.

    It equals any function of that name.
    """

    name: str
    given: str = "Options(work=...)"
    """How the function itself was given."""

    @property
    def __name__(self) -> str:
        """The name of the function that it stands for."""
        return self.name

    def __call__(self, _outcome: Outcome, /) -> NoReturn:
        """Refuse: the function itself was not saved.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"the function {self.name} was loaded from a file, which holds its name only; "
            f"write {self.given} with the function itself"
        )

    def __eq__(self, other: object) -> bool:
        return called(other) == self.name if callable(other) else NotImplemented

    # Equal to a function whose hash it cannot have.
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # the usual way to say so

    def __repr__(self) -> str:
        return f"<saved work {self.name}>"
