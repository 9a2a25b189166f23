"""land-file: whenever the landing is killed, the manifest names whole files, and only those.

The page's sentence -> the cases that try it
    holds the frame rows as delivered -> one day; a repeated row and one without a key; a row of
        the day before
    The table manifest names it for readers -> one day; two days
    A day may come again, the same or changed -> the same day again; a day again, *; a day
        changed, and changed back; two days, and both again
    A day without orders is a day, too -> a day without orders; a day again, now without orders
    Keep no notes in Python -> the same day in a second folder
    Raise errors -> the manifest is not there; a folder that cannot be written to
    It is killed before every statement and file operation, and in the middle of each write -> a
        new day, killed *; a day again, longer, killed *
    Readers always find the old day or the new one, whole -> a new day, killed *; a day again,
        corrected, killed *; a day again, unchanged, killed *
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fieldkit.state.fingerprints import differences
from labs.dependent import Dependent
from labs.handles.files import OPERATIONS
from labs.step4_state.world.deliveries import Delivery, pick, plain_days, unseen
from labs.step4_state.world.landing import HALF, MISSING, Entry, Landing, is_landed, true_orders
from labs.step4_state.world.warehouse import order_row
from workbook import Answer, Case, Finding

Deliveries = Sequence[Delivery]
ONE, TWO, AGAIN = "one day", "two days", "the same day again"
_WRITES = ("write ", "copy ", "to_", "write_")  # steps that a kill can leave half done
_TROUBLES = {MISSING: "manifest-ahead", HALF: "half-file-read"}


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """A day, two, again, changed, empty; then killed at every step, and within every write."""
    one, two = plain_days(seed, 2, per_day=6)
    made, order = Dependent(), one.orders[pick(seed, 7, len(one.orders))]
    newer = one.replacing(order._replace(version=2, amount_cents=order.amount_cents - 900))
    changed = newer.with_orders(newer.orders[0]._replace(order_id=900_003))
    empty, skipped = replace(one, orders=()), "redelivery-skipped"

    def case(
        name: str, finding: str, *landed: Delivery, needs: str = ONE, on_error: str = ""
    ) -> Case:
        run = partial(_landed, answer, landed, finding)
        return made.case(name, on_error or finding, run, *([needs] if name != ONE else []),
                         plain=name == ONE)  # fmt: skip

    yield case(ONE, "not-landed", one)
    run: Callable[[], Finding | None] = partial(_second_folder, answer, one)
    yield made.case("the same day in a second folder", "state-outside", run, ONE)
    yield case(TWO, "file-shared", one, two)
    yield case("a day without orders", "empty-day", one, replace(two, orders=()))
    yield case(AGAIN, "rerun-doubles", one, one, on_error="rerun-fails")
    keyless = order._replace(order_id=None, amount_cents=4_200)
    day_before = order.ordered_at - dt.timedelta(days=1)
    late = one.with_orders(order._replace(order_id=900_001, ordered_at=day_before))
    ragged = one.with_orders(keyless, order)
    yield case("a repeated row and one without a key", "rows-left-behind", ragged)
    yield case("a row of the day before", "rows-left-behind", late)
    yield case("a day again, corrected", skipped, one, newer, needs=AGAIN)
    yield case("a day again, with more rows", skipped, one, changed, needs=AGAIN)
    yield case("a day again, now without orders", skipped, one, empty, needs=AGAIN)
    yield case("a day changed, and changed back", skipped, one, changed, one, needs=AGAIN)
    # Days that are right alone and wrong together: their files have met.
    both = one, two, newer, two.with_orders(keyless)
    yield case("two days, and both again", "file-shared", *both, needs="a day again, corrected")
    run = partial(_without_manifest, answer, one)
    yield made.case("the manifest is not there", "error-swallowed", run, ONE)
    run = partial(_blocked, answer, one)
    yield made.case("a folder that cannot be written to", "error-swallowed", run, ONE)
    yield from _killed(made, answer, (two,), one)
    yield from _killed(made, answer, (two, one), changed, ", longer")
    yield from _killed(made, answer, (one,), newer, ", corrected")
    yield from _killed(made, answer, (one,), one, ", unchanged")


def _latest(landed: Deliveries) -> list[Delivery]:
    return list({delivery.day: delivery for delivery in landed}.values())


def _landed(answer: Answer, landed: Deliveries, finding: str) -> Finding | None:
    """Land one after the other, then read."""
    with Landing(answer) as landing:
        for delivery in landed:
            landing.land(delivery).value  # noqa: B018  raises where the answer did
        entries = landing.read()
    if is_landed(entries, _latest(landed)):
        return None
    return _seen(entries, [_latest(landed)], finding)


def _second_folder(answer: Answer, day: Delivery) -> Finding | None:
    """What the process remembers of the first folder is no excuse in the second."""
    news = unseen(day)
    if _landed(answer, news, "not-landed"):
        return None
    found = _landed(answer, news, "state-outside")
    # The week is another one each time; a page shows the same text in each run.
    return found and replace(found, observed="the same day, and another folder stays without it")


def _without_manifest(answer: Answer, day: Delivery) -> Finding | None:
    """An error that nobody can handle here: it has to reach the caller."""
    with Landing(answer, manifest=False) as landing:
        failed = landing.land(day).failure
        if failed or landing.has_manifest():
            return None
    seen = "the table manifest was missing, and land returned without an error"
    return Finding("error-swallowed", seen)


def _blocked(answer: Answer, day: Delivery) -> Finding | None:
    """The file cannot be written: as on a full disk, somebody has to be told."""
    with Landing(answer, blocked=True) as landing:
        if landing.land(day).failure:
            return None
    seen = "nothing could be written to the folder, and land returned without an error"
    return Finding("error-swallowed", seen)


def _killed(
    made: Dependent, answer: Answer, before: Deliveries, news: Delivery, how: str = ""
) -> Iterator[Case]:
    """A kill before each step, and in the middle of each that writes a file.

    None where the landing is wrong without a kill: what a kill adds could not be told apart;
    and none where an answer has nothing to do.
    """
    after = _latest((*before, news))
    with Landing(answer) as landing:
        for delivery in before:
            landing.land(delivery)
        log = landing.land(news).evidence["con"]["log"]
        if not log or not is_landed(landing.read(), after):
            return
    what = "a day again" if len(after) == len(before) else "a new day"
    points = []
    for k, step in enumerate(log, 1):
        points += [{"crash_before": k}] + [{"half": k}] * step.lower().startswith(_WRITES)
    points.append({"crash_after": len(log)})
    for point in points:
        run = partial(_kill, answer, before, news, point, log)
        yield made.case(f"{what}{how}, killed {_where(point)}", "rerun-fails", run, AGAIN)


def _where(point: dict[str, int]) -> str:
    kind, number = next(iter(point.items()))
    where = {"half": "in the middle of", "crash_before": "before", "crash_after": "after"}[kind]
    return f"{where} step {number}"


def _kill(
    answer: Answer, before: Deliveries, news: Delivery, point: dict[str, int], log: Sequence[str]
) -> Finding | None:
    """Kill, let a reader look, run again, let the reader look again."""
    old, new = _latest(before), _latest((*before, news))
    with Landing(answer) as landing:
        for delivery in before:
            landing.land(delivery).value  # noqa: B018  raises where the answer did
        landing.land(news, **point)
        seen = landing.read()
        landing.land(news).value  # noqa: B018  raises where the answer did
        end = landing.read()
    number = next(iter(point.values()))
    killed = f"killed {_where(point)} ({_short(log[number - 1])});"
    if not any(is_landed(seen, state) for state in (old, new)):
        finding = "half-file-read" if "half" in point else "manifest-disagrees"
        return _seen(seen, [old, new], finding, f"{killed} a reader finds: ")
    if not is_landed(end, new):
        return _seen(end, [new], "kill-changes-end", f"{killed} after the rerun ")
    return None


def _short(step: str) -> str:
    """What a step does, without names of files: they are the answer's own, and may be random."""
    words = step.lower().split()
    return words[0] if words[0] in OPERATIONS else " ".join(words[:3]) + " …"


def _seen(
    entries: Sequence[Entry], allowed: Sequence[Deliveries], finding: str, told: str = ""
) -> Finding:
    """What a reader sees: a file that is missing or half is told as that, the rest as `finding`."""
    for entry in entries:
        if entry.trouble == HALF and not told:  # nobody was killed: it is whole, and unreadable
            return Finding(finding, f"a reader does not find the columns in {entry.day}'s file")
        if entry.trouble:
            seen = f"{told}the file of {entry.day} {entry.trouble}"
            return Finding(_TROUBLES.get(entry.trouble, "not-landed"), seen)
    states = [{d.day: d for d in state} for state in allowed]
    wanted = [day for day in states[0] if all(day in state for state in states)]
    there = {entry.day for entry in entries}
    missing = [day for day in wanted if day not in there]
    if missing:
        return Finding(finding, f"{told}the manifest has no entry for {missing[0]}")
    return _disagreeing(entries, states, finding, told)


def _disagreeing(
    entries: Sequence[Entry], states: Sequence[dict[Any, Delivery]], finding: str, told: str
) -> Finding:
    """The first day that is as in none of the states."""
    for entry in entries:
        versions = [state[entry.day] for state in states if entry.day in state]
        if any((entry.told, entry.orders) == (len(d.orders), true_orders(d)) for d in versions):
            continue
        text = f"{entry.day} has {len(entry.orders)} rows in its file, {entry.told} in the manifest"
        if len(versions) != 1:
            return Finding(finding, told + text)
        delivered = true_orders(versions[0])
        rows = [
            order_row(d, "the file has", "was delivered")
            for d in differences(delivered, entry.orders, lambda row: row[0])[:5]
        ]
        return Finding(finding, f"{told}{text}, and {len(delivered)} were delivered", rows)
    return Finding(finding, f"{told}the days {', '.join(str(e.day) for e in entries)}")
