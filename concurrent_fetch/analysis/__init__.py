"""What was measured, whether it may be compared, and why it came out so."""

from concurrent_fetch.analysis._audit import (
    deviation,
    differing_bodies,
    not_of_this_run,
    reasons_against,
    shared_bodies,
    too_many_marked,
)
from concurrent_fetch.analysis._card import Card, read_card
from concurrent_fetch.analysis._ceiling import Ceiling, Level, ceilings
from concurrent_fetch.analysis._changes import Changes
from concurrent_fetch.analysis._notes import (
    Note,
    gathered,
    note_on_unfinished,
    note_on_unsaved,
    notes_on,
    notes_on_all,
    notes_on_missing_probes,
    notes_on_retries,
)
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
    "Card",
    "Ceiling",
    "Changes",
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
    "deviation",
    "differing_bodies",
    "gathered",
    "interning",
    "latencies_of",
    "not_of_this_run",
    "note_on_unfinished",
    "note_on_unsaved",
    "notes_on",
    "notes_on_all",
    "notes_on_missing_probes",
    "notes_on_retries",
    "read_card",
    "reasons_against",
    "shared_bodies",
    "times_of",
    "too_many_marked",
    "why",
]
