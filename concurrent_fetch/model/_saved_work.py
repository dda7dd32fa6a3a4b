"""What is left of the work on responses in a saved result."""

from typing import ClassVar, NoReturn

import attrs

from concurrent_fetch.model._options import called
from concurrent_fetch.model._outcome import Response


@attrs.frozen(eq=False, repr=False)
class SavedWork:
    """What is left of work in a saved result: its name. It equals any work of that name."""

    name: str

    @property
    def __name__(self) -> str:
        """The name of the work that it stands for."""
        return self.name

    def __call__(self, _response: Response, /) -> NoReturn:
        """Refuse: the function itself was not saved.

        Raises:
            TypeError: always.
        """
        raise TypeError(
            f"the work {self.name} was loaded from a file, which holds its name only; "
            "give Options(work=...) the function itself"
        )

    def __eq__(self, other: object) -> bool:
        return called(other) == self.name if callable(other) else NotImplemented

    # Equal to a function whose hash it cannot have.
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # the usual way to say so

    def __repr__(self) -> str:
        return f"<saved work {self.name}>"
