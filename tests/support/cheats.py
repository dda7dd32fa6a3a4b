"""All cheats, by name: strategies that are dishonest or careless, each of them quick for that."""

import cheats_beside
import cheats_heedless
import cheats_kept
import cheats_less
import cheats_told
from contenders import CHEATS, Cheat

__all__ = ["CHEATS", "FAMILIES", "Cheat"]

FAMILIES = (cheats_kept, cheats_less, cheats_heedless, cheats_told, cheats_beside)
"""What they keep, do not do, do not heed, tell, and do beside the runs."""
