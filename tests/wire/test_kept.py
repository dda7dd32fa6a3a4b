"""What a line keeps open is closed by the thread that ends a run: perhaps while it is used."""

import itertools
import threading

from concurrent_fetch.wire import Kept

_MOST = 1000


def test_all_that_is_kept_is_found_while_another_thread_adds_and_forgets() -> None:
    kept, begun, over = Kept[int, int](_MOST), threading.Event(), threading.Event()

    def change() -> None:
        for number in itertools.count():
            if over.is_set():
                return
            kept.make_room()
            kept.add(number, number)
            if number == _MOST:
                begun.set()

    changing = threading.Thread(target=change)
    changing.start()
    try:
        begun.wait()
        for _ in range(3_000):
            found = [*kept.all()]
            assert found == sorted(found)
            assert len(found) in {_MOST - 1, _MOST}
    finally:
        over.set()
        changing.join()
