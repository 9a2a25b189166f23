"""What handles keep open from one call of a request to the next, and let go of at its end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

_requests: list[dict[str, Callable[[str], None]]] = []  # those under way; a process has one


@contextlib.contextmanager
def request() -> Iterator[None]:
    """Calls that nobody looks in between: what was kept open is closed after the last of them."""
    _requests.append({})
    try:
        yield
    finally:
        for name, close in _requests.pop().items():
            with contextlib.suppress(Exception):  # the answer may have closed it itself
                close(name)


def until_the_end(name: str, close: Callable[[str], None]) -> bool:
    """Have `close(name)` called at the request's end; False where no request is under way."""
    if _requests:
        _requests[-1][name] = close
    return bool(_requests)
