"""A failing source that is served by hand, without a command."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

from fieldkit.chaos.faults import Fault, Kind, Schedule
from fieldkit.chaos.sources import Web
from fieldkit.errors import CannotRun
from fieldkit.runs.record import Tell

LOOK = 0.1  # seconds between two looks at the requests that were served


def serve(
    address: str, port: int, kinds: Sequence[Kind], given: Sequence[Schedule], *, tell: Tell
) -> int:
    """Serve a failing source until Ctrl-C, with a line for each request. Exit code 0.

    By the first schedule given, else every third request meets the next kind of fault.
    """
    if not address:
        raise CannotRun("--files: without a command there is nothing to serve; give -- CMD")
    with Web(address, port) as web:
        plain = [
            kind for kind in kinds if "{column}" not in kind.description and kind.needs != "file"
        ]
        passing = [Fault(kind.name, first=3 * n) for n, kind in enumerate(plain, 1)]
        schedule = given[0] if given else Schedule(1, tuple(passing))
        web.begin(schedule)
        tell(f"{web.upstream.url} passes on to {address}, and fails: {schedule.description}")
        tell("Ctrl-C ends it.")
        seen = 0
        with suppress(KeyboardInterrupt):
            while True:
                for one in web.upstream.served[seen:]:
                    met = f"  ({one.fault.kind})" if one.fault else ""
                    tell(f"{one.number:>4}  {one.method} {one.path}  {one.status or '-'}{met}")
                    seen += 1
                time.sleep(LOOK)
    return 0
