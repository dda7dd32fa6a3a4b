"""The version of this package, as it was installed."""

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """Return the version; `unknown` where the package lies there without being installed."""
    try:
        return version("concurrent_fetch")
    except PackageNotFoundError:
        return "unknown"
