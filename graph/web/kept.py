"""Rendered pages by their validators, so that a page is not drawn twice for the same figures.

A validator has the caller, the address and the versions of all that the page is read from: a page that is found here
is never old, and never of another caller.
"""

from collections import OrderedDict
from typing import Final

MOST: Final = 32 << 20  # bytes of all pages: about 250 dashboards


class KeptPages:
    """The pages used last, as encoded HTML: at most `most` bytes in all."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._size = most, 0
        self._pages: OrderedDict[str, bytes] = OrderedDict()  # the one used last is the last

    def get(self, tag: str | None) -> bytes | None:
        """The page of a validator; None if it is not kept."""
        if tag is None or tag not in self._pages:
            return None
        self._pages.move_to_end(tag)
        return self._pages[tag]

    def put(self, tag: str, page: bytes) -> None:
        """Keeps a page, and drops those that were not used for longest. A page larger than all of them is not kept."""
        if tag in self._pages or len(page) > self._most:
            return
        self._pages[tag] = page
        self._size += len(page)
        while self._size > self._most:
            _, dropped = self._pages.popitem(last=False)
            self._size -= len(dropped)
