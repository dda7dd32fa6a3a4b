"""What is said to help against the limit of a strategy."""

from collections.abc import Mapping

from concurrent_fetch.analysis import Evidence, Why
from concurrent_fetch.results._phrases import CURE

_LESS_WORK = "Less work per response would help, or more processes (fetch_processes)."

_HELP: Mapping[Evidence, str] = {
    Evidence.NOTHING_SEEN: f"If it was: {CURE}.",
    Evidence.HELD_LOOP: f"What helps: {CURE}. More in flight would not help.",
    Evidence.COMPUTING: _LESS_WORK,
    Evidence.SEVERAL_CORES: "Less work per response would help, or more cores.",
    Evidence.LATE_LOOP: _LESS_WORK,
    Evidence.LATE_THREADS: "An event loop (fetch_async) would help, or fewer threads.",
    Evidence.WORKING: "Doing that elsewhere would help, or in more threads.",
    Evidence.ONLY_CROWDED: "More in flight would hardly help.",
    Evidence.STARVED: "What helps: end the other programs, or measure on a quiet machine.",
    Evidence.SERVICE_GREW: "More in flight would hardly help; fewer may be as fast.",
    Evidence.OVERHEAD: "Less work per response would help; with more URLs the start weighs less.",
    Evidence.SLOWEST: "What helps: start that URL first, or set a shorter timeout.",
    Evidence.TO_CONNECT: "What helps: keep connections (reuse_connections), or open fewer.",
    Evidence.IN_LINE: "What helps: as many connections in its pool as fetches in flight.",
    Evidence.PAUSES: "What helps: shorter pauses; not another strategy.",
    Evidence.ITS_PACE: "What helps: a faster pace; not another strategy.",
}


def what_helps(why: Why) -> list[str]:
    """Return a sentence on what would help against its limit; none where nothing is known to."""
    if why.evidence is Evidence.SEVERAL_CORES and why.in_workers > why.cpu / 2:
        return ["Less work per response would help, or more workers, up to one per core."]
    if why.evidence is Evidence.COMPUTING and why.cores_at_once > 1:  # all that there are
        return [_HELP[Evidence.SEVERAL_CORES]]
    if why.evidence is Evidence.SLOWEST and why.slots == 1:  # whenever it is started
        return ["What helps: a shorter timeout."]
    return [_HELP[why.evidence]] if why.evidence in _HELP else []
