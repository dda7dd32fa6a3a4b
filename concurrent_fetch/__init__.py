"""Fetch one URL set in several ways, and learn truthfully which is faster."""
