"""What was measured, whether it may be compared, and why it came out so."""

from concurrent_fetch.analysis._audit import Audit, too_many_marked
from concurrent_fetch.analysis._card import Card, read_card
from concurrent_fetch.analysis._ceiling import Ceiling, Level, ceilings
from concurrent_fetch.analysis._notes import Note, gathered
from concurrent_fetch.analysis._probe import Lateness, Probe, Probes
from concurrent_fetch.analysis._record import Intern, Record, column_of, columns_of, interning
from concurrent_fetch.analysis._why import (
    BLOCKED,
    GROWN,
    Limit,
    Times,
    Why,
    latencies_of,
    times_of,
    why,
)

__all__ = [
    "BLOCKED",
    "GROWN",
    "Audit",
    "Card",
    "Ceiling",
    "Intern",
    "Lateness",
    "Level",
    "Limit",
    "Note",
    "Probe",
    "Probes",
    "Record",
    "Times",
    "Why",
    "ceilings",
    "column_of",
    "columns_of",
    "gathered",
    "interning",
    "latencies_of",
    "read_card",
    "times_of",
    "too_many_marked",
    "why",
]
