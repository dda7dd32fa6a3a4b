"""Results as files: one module per format."""

from concurrent_fetch.export._save import SUFFIXES, load, save, suffix_of
from concurrent_fetch.export._view import Result

__all__ = ["SUFFIXES", "Result", "load", "save", "suffix_of"]
