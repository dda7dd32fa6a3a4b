"""Results as files: one module per format."""

from concurrent_fetch.export._save import LINES, LOADED, SUFFIXES, autosaver, load, save, suffix_of
from concurrent_fetch.export._view import Result

__all__ = ["LINES", "LOADED", "SUFFIXES", "Result", "autosaver", "load", "save", "suffix_of"]
