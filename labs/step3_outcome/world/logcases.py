"""The cases of `who-uses-it`: for each finding the small logs that show it, smallest first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from labs.step3_outcome.world.northlight import DELIVERY, MACHINE, PERSON
from labs.step3_outcome.world.smalllogs import (
    DAY,
    EXPORT,
    MAKE,
    MERGE,
    SECOND,
    WINDOW,
    Account,
    Job,
    Sketch,
)

HALF_AN_HOUR = dt.timedelta(minutes=30)
REFRESH = Job("etl", ["t", "source"], 2 * DAY, "t", MERGE)
TESTS, CRAWLER = Job("tests", ["t"]), Job("catalog", ["t"], 40 * DAY)
OLD_TESTS = Job("tests", ["t"], WINDOW + 90 * DAY)
BACKUP = Job("backup", ["t"], 6 * DAY, statement=EXPORT)
# What `t` is built on has the use that `t` itself has: a case about who reads is not about lineage.
_USED, _UNUSED = ("t < source",), ("t < ground",)


def _read(who: str = "ana", table: str = "t", ago: dt.timedelta = 30 * DAY) -> Job:
    return Job(who, [table], ago)


def _by(account: Account, *, unused: bool) -> Sketch:
    """`t` is read by one account alone, besides its own refresh."""
    return Sketch(
        [REFRESH, _read("x")], "t" if unused else "", _UNUSED if unused else _USED, {"x": account}
    )


FIRST = Sketch([REFRESH], "t", _UNUSED)
MACHINES: Mapping[str, Sketch] = {
    "tests alone": Sketch([TESTS], "t", _UNUSED),
    "a crawler alone": Sketch([CRAWLER], "t", _UNUSED),
    "a backup alone": Sketch([BACKUP], "t", _UNUSED),
    "refresh, tests, crawler and backup": Sketch([REFRESH, TESTS, CRAWLER, BACKUP], "t", _UNUSED),
    "a machine for which readers are noted": _by(Account(MACHINE, 12, "svc-lint"), unused=True),
}
PEOPLE: Mapping[str, Sketch] = {
    "one person, once": Sketch([REFRESH, _read()], "", _USED),
    "one person among machines": Sketch(
        [*[REFRESH, TESTS] * 12, CRAWLER, BACKUP, _read()], "", _USED
    ),
    "a person for whom no readers are noted": _by(Account(PERSON, None), unused=False),
    "a person's cached hit": Sketch([REFRESH, _read()._replace(cached=True)], "", _USED),
    "a person in capitals in the log": _by(Account(PERSON, 1, in_log="upper"), unused=False),
    "a person in capitals in the list": _by(Account(PERSON, 1, in_log="lower"), unused=False),
    "a refresh by a person": Sketch([Job("ana", ["t", "source"], DAY, "t", MERGE)], "", _USED),
    "the second table of a query": Sketch(
        [REFRESH, Job("ana", ["kept", "t"], 30 * DAY)], "", _USED
    ),
}
DELIVERIES: Mapping[str, Sketch] = {
    "an extract with many readers": Sketch([REFRESH, _read("bi")], "", _USED),
    "an extract with one reader": _by(Account(DELIVERY, 1, "svc-mailing"), unused=False),
}
EMPTY: Mapping[str, Sketch] = {
    "an extract without readers": _by(Account(DELIVERY, 0, "svc-export"), unused=True),
}
NAMES: Mapping[str, Sketch] = {
    "a machine that is called svc-bi-2": _by(Account(MACHINE, 0, "svc-bi-2"), unused=True),
    "a machine that is called like a person": _by(Account(MACHINE, 0, "ada.ito"), unused=True),
    "an extract that is called svc-crawler": _by(
        Account(DELIVERY, 80, "svc-crawler"), unused=False
    ),
    "a person who is called svc-like": _by(Account(PERSON, 1, "svc-anna.test"), unused=False),
}
_VIEW = (*_USED, "v < t")
VIEWS: Mapping[str, Sketch] = {
    "behind a view": Sketch([REFRESH, _read(table="v")], "", _VIEW),
    "behind a view that an extract reads": Sketch([REFRESH, _read("bi", "v")], "", _VIEW),
    "behind two views": Sketch([REFRESH, _read(table="w")], "", [*_VIEW, "w < v"]),
    "behind six views": Sketch(
        [REFRESH, _read(table="f")],
        "",
        [*_USED, "a < t", "b < a", "c < b", "d < c", "e < d", "f < e"],
    ),
    "a diamond": Sketch(
        [REFRESH, _read(table="top")],
        "",
        [*_USED, "left < t", "right < t", "top < left", "top < right"],
    ),
    "views of a table that nobody reads": Sketch(
        [REFRESH, _read("tests", "v"), _read("tests", "w")],
        "t v w",
        [*_UNUSED, "v < t", "w < v"],
    ),
}
BELOW: Mapping[str, Sketch] = {
    "a table that a person has made of it": Sketch(
        [REFRESH, Job("ana", ["t"], DAY, "own", MAKE), _read("tests", "own")],
        "own",
        [*_USED, "own < t"],
    ),
    "built on a table that people read": Sketch(
        [REFRESH, _read(), _read("tests", "v")], "v", _VIEW
    ),
    "a diamond of which one side is read": Sketch(
        [REFRESH, _read(table="left"), _read("tests", "right"), _read("tests", "top")],
        "right top",
        [*_USED, "left < t", "right < t", "top < left", "top < right"],
    ),
}
CYCLES: Mapping[str, Sketch] = {
    "a circle that nobody reads": Sketch([REFRESH], "", [*_USED, "a < b", "b < a"], cycle=True),
    "a circle that somebody reads": Sketch(
        [REFRESH, _read(table="c")], "", [*_USED, "a < b", "b < c", "c < a"], cycle=True
    ),
    "a circle that is one table, built on itself": Sketch(
        [REFRESH], "", [*_USED, "a < a"], cycle=True
    ),
}
EXPOSURES: Mapping[str, Sketch] = {
    "an exposure, and no reads": Sketch([REFRESH], "", _USED, exposures=[("t", "high")]),
    "an exposure of low maturity": Sketch([REFRESH], "", _USED, exposures=[("t", "low")]),
    "an exposure of a view": Sketch([REFRESH], "", _VIEW, exposures=[("v", "high")]),
}
REGISTER: Mapping[str, Sketch] = {
    "the register, and no reads": Sketch([REFRESH], "", _USED, register=[("t", 100 * DAY)]),
    "due in two years": Sketch([REFRESH], "", _USED, register=[("t", 730 * DAY)]),
    "due last month": Sketch([REFRESH], "", _USED, register=[("t", -20 * DAY)]),
    "the register names what is built on it": Sketch(
        [REFRESH], "", ["v < t", *_USED], register=[("v", 100 * DAY)]
    ),
    "the register, two views further": Sketch(
        [REFRESH], "", [*_USED, "v < t", "w < v"], register=[("w", 100 * DAY)]
    ),
    "built on what the register names": Sketch(
        [REFRESH, _read("tests", "v")], "v", _VIEW, register=[("t", 100 * DAY)]
    ),
}
TABLES: Mapping[str, Sketch] = {
    "in the lineage only, built on": Sketch(unused="u t", edges=["u < t"]),
    "in the log only, read by a machine": Sketch([TESTS], "t"),
    "in the log only, written and never read": Sketch([Job("etl", [], DAY, "t", MAKE)], "t"),
    "in the log only, read before the window by a machine": Sketch([OLD_TESTS], "t"),
    "in the log only, read before the window by a person": Sketch([_read(ago=WINDOW + DAY)], "t"),
    "in the log only, written before the window": Sketch(
        [Job("etl", [], WINDOW + 20 * DAY, "t", MAKE)], "t"
    ),
    "names that need quotes": Sketch(
        [REFRESH, _read(table="x"), Job("tests", ["y"])],
        "t y",
        [*_UNUSED, "x < source", "y < ground"],
        names={"t": "mart.o'neill", "x": 'mart."daily" orders', "y": "mart.group"},
    ),
}
TIMES: Mapping[str, Sketch] = {
    "in the first second of the window": Sketch([REFRESH, _read(ago=WINDOW)], "", _USED),
    "in the log's last second": Sketch([REFRESH, _read(ago=0 * DAY)], "", _USED),
    "a second before the window": Sketch([REFRESH, _read(ago=WINDOW + SECOND)], "t", _UNUSED),
    "a day before the window": Sketch([REFRESH, _read(ago=WINDOW + DAY)], "t", _UNUSED),
    "an extract, before the window": Sketch([REFRESH, _read("bi", ago=WINDOW + DAY)], "t", _UNUSED),
    "half an hour to each side, clocks having changed": Sketch(
        [REFRESH, _read(ago=WINDOW - HALF_AN_HOUR), _read(table="o", ago=WINDOW + HALF_AN_HOUR)],
        "o",
        [*_USED, "o < ground"],
    ),
    "a log that ended long ago": Sketch([REFRESH, _read()], "", _USED, ends=2019),
}
