from queue import LifoQueue

import pycurl


class Handles(LifoQueue):
    """Handles to be lent; leaving them ends what they do, within a second, and closes them."""

    def __enter__(self):
        left = self.left = []
        for _ in range(self.maxsize):
            curl = pycurl.Curl()
            curl.setopt(pycurl.NOPROGRESS, 0)
            curl.setopt(pycurl.XFERINFOFUNCTION, lambda *_: bool(left))
            self.put(curl)
        return self

    def __exit__(self, *_):
        self.left.append(True)
        for _ in range(self.maxsize):
            self.get().close()
