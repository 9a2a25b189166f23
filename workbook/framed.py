"""Messages over a socket: a length, then JSON; read with a deadline and a bound."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

MOST = 256 * 2**20  # bytes of one message; a longer one is not read
LOOK = 0.25  # seconds between two looks at what the other side is doing
_LENGTH = struct.Struct("!Q")


class Gone(Exception):
    """The other side is no longer there."""


class Late(Exception):
    """Nothing whole came before the deadline."""


class TooLong(Exception):
    """The other side announced more than is read."""


def send(channel: socket.socket, message: Any, seconds: float | None = None) -> None:
    """Send one message; raises Gone, and Late where the other side does not read it in time."""
    body = json.dumps(message, allow_nan=False).encode("ascii")
    try:
        channel.settimeout(seconds)
        channel.sendall(_LENGTH.pack(len(body)) + body)
    except TimeoutError:
        raise Late from None
    except OSError:
        raise Gone from None


def receive(
    channel: socket.socket, seconds: float | None = None, look: Callable[[], None] | None = None
) -> bytes:
    """The next message's JSON; raises Gone, Late or TooLong. `look` is called while it waits."""
    ends = None if seconds is None else time.monotonic() + seconds
    (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, ends, look))
    if length > MOST:
        raise TooLong(f"a message of {length} bytes")
    return _exactly(channel, length, ends, look)


def _exactly(
    channel: socket.socket, count: int, ends: float | None, look: Callable[[], None] | None
) -> bytes:
    parts, left = [], count
    while left:
        channel.settimeout(None if ends is None else LOOK)
        try:
            part = channel.recv(min(left, 2**20))
        except TimeoutError:
            if ends is not None and time.monotonic() > ends:
                raise Late from None
            if look:
                look()
            continue
        except OSError:
            raise Gone from None
        if not part:
            raise Gone
        if ends is not None and time.monotonic() > ends:  # one byte at a time is late, too
            raise Late
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
