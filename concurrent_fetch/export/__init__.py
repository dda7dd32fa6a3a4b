"""Results as files: one module per format."""

from concurrent_fetch.export._save import LOADED, SUFFIXES, autosaver, load, save, suffix_of
from concurrent_fetch.export._view import Result

__all__ = ["LOADED", "SUFFIXES", "Result", "autosaver", "load", "save", "suffix_of"]
