"""Where bodies go that are to be kept: into files of a folder."""

from concurrent_fetch.sinks._folder import Folder

__all__ = ["Folder"]
