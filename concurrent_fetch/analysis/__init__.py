"""What was measured, whether it may be compared, and why it came out so."""

from concurrent_fetch.analysis._alone import Alone
from concurrent_fetch.analysis._audit import Audit
from concurrent_fetch.analysis._card import Card, read_card
from concurrent_fetch.analysis._causes import Causes
from concurrent_fetch.analysis._ceiling import Ceiling, Level, ceilings
from concurrent_fetch.analysis._children import ChildrenTime
from concurrent_fetch.analysis._counted import Counted
from concurrent_fetch.analysis._loads import Loads
from concurrent_fetch.analysis._notes import Note, gathered
from concurrent_fetch.analysis._probe import Lateness, Probe, Probes
from concurrent_fetch.analysis._record import Record, column_of, columns_of, interning
from concurrent_fetch.analysis._tried import Tried
from concurrent_fetch.analysis._why import Evidence, Limit, Why
from concurrent_fetch.analysis._witnessed import Witnessed

__all__ = [
    "Alone",
    "Audit",
    "Card",
    "Causes",
    "Ceiling",
    "ChildrenTime",
    "Counted",
    "Evidence",
    "Lateness",
    "Level",
    "Limit",
    "Loads",
    "Note",
    "Probe",
    "Probes",
    "Record",
    "Tried",
    "Why",
    "Witnessed",
    "ceilings",
    "column_of",
    "columns_of",
    "gathered",
    "interning",
    "read_card",
]
