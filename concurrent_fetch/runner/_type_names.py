"""Type names: the type of what a strategy returned, as its users import it, or nearly."""

from concurrent_fetch.words import told

_OURS = "concurrent_fetch."


def type_of(value: object) -> str:
    """Return the name of the type of a value."""
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    if module.startswith(_OURS):
        module = _OURS
    name = kind.__name__ if "<" in kind.__qualname__ else kind.__qualname__
    return told(f"{module}{name}")
