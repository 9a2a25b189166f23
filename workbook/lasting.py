"""What handles keep open from one call of a request to the next, and let go of at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

_open: dict[str, Callable[[str], None]] | None = None  # None: no request is under way


@contextlib.contextmanager
def request() -> Iterator[None]:
    """Calls that nobody looks in between: what was kept open is closed after the last of them."""
    global _open
    _open = {}
    try:
        yield
    finally:
        kept, _open = _open, None
        for name, close in kept.items():
            with contextlib.suppress(Exception):  # the answer may have closed it itself
                close(name)


def until_the_end(name: str, close: Callable[[str], None]) -> bool:
    """Have `close(name)` called at the request's end; False where no request is under way."""
    if _open is None:
        return False
    _open[name] = close
    return True
