"""Versions of packages, as they were installed."""


def version_of(package: str) -> str | None:
    """Return the version of an installed package; None if it is not installed."""
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 10 ms to import

    try:
        return version(package)
    except PackageNotFoundError:
        return None


def own_version() -> str:
    """Return the version of this one; `unknown` where it lies there without being installed."""
    return version_of("concurrent_fetch") or "unknown"
