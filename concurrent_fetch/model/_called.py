"""What a function of the user's is called: all that is shown and saved of it."""


def called(work: object) -> str:
    """Return the name of what is called on responses, or its type; nothing of what it holds."""
    return str(getattr(work, "__name__", None) or (work and f"<{type(work).__name__}>"))
