"""Recomputes what a map states: each number from its metric or task, and each claim once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from fieldkit.errors import CannotRun
from fieldkit.value.books import Books, Metric, Task
from fieldkit.value.found import Fault, Stated
from fieldkit.value.mapfile import Map, Pipeline, address, somebody

WITHIN = 100  # a stated number may differ by one part in so many
SLIPS = {
    12.0: "a year's number for a month's",
    1 / 12: "a month's number divided by twelve",
    100.0: "hundredths: write cents once",
    0.01: "the currency's unit instead of cents",
}


class Statements:
    """All statements of a map, judged one after the other."""

    def __init__(self, map_: Map, books: Books) -> None:
        self.map, self.books = map_, books
        self.faults: list[Fault] = []
        self.stated: list[Stated] = []

    def judge(self) -> None:
        """Fill `faults` and `stated`; raises CannotRun where there is nothing to compare with."""
        for one in self.map.pipelines:
            self.stated.append(self._one(one))
        self._twice()

    def _fault(self, kind: str, one: Pipeline, says: str, do: str) -> None:
        self.faults.append(Fault(kind, one.name, str(one.place), says, do))

    def _one(self, one: Pipeline) -> Stated:
        if one.kind == "none":
            if one.per_month:
                said = f"its kind is none, and it states {one.per_month:,} cents a month"
                self._fault("none", one, said, "Take the number out, or say which kind it is.")
            return Stated(one.name, "none", one.per_month, 0, source=one.source)
        if not one.kind:
            self._fault("kind", one, "says no kind", "Write kind: revenue, cost, hours or none.")
            return Stated(one.name, "", one.per_month, None, source=one.source)
        self._owner(one)
        if not one.source or one.source.lower() in ("tbd", "?", "unknown", "todo"):
            do = "Name the document of the metric's owner that the number stands in."
            self._fault("source", one, "names no source for its number", do)
        return self._hours(one) if one.kind == "hours" else self._money(one)

    def _owner(self, one: Pipeline) -> None:
        if not somebody(one.owner):
            said = f"its owner is {one.owner!r}" if one.owner else "names no owner"
            do = "Name the person outside the data team who confirms the number."
            self._fault("owner", one, said, do)
        elif self.map.of_team(one.owner):
            do = "Name somebody who is paid for the metric; the data team cannot confirm its own."
            self._fault("own-owner", one, "its owner belongs to the data team", do)

    def _metric(self, one: Pipeline) -> Metric | None:
        """The metric that a statement names, if it counts; a fault where it does not."""
        known = self.books.metrics
        if not one.metric:
            do = "Name the metric of the business that moves; without one the kind is none."
            self._fault("metric", one, "names no metric", do)
            return None
        if known is None:
            raise CannotRun(
                f"{one.place}: names the metric {one.metric}, but there is no metrics.yml beside "
                "the map; name it with --metrics"
            )
        if one.metric not in known:
            near = _near(one.metric, known)
            said = f"its metric {one.metric} does not stand in metrics.yml{near}"
            self._fault("metric", one, said, "Take a metric that the business keeps already.")
            return None
        metric = known[one.metric]
        if not somebody(metric.owner) or self.map.of_team(metric.owner):
            who = "the data team owns" if metric.owner else "nobody owns"
            do = "Take a metric that the business kept before the data team asked."
            self._fault("metric-owner", one, f"{who} its metric {one.metric}", do)
            return None
        if metric.pipelines and one.name not in metric.pipelines:
            said = f"the owner of {one.metric} does not count it for {one.name}"
            self._fault("not-counted", one, said, "Ask the owner, or take another metric.")
            return None
        return metric

    def _keeper(self, one: Pipeline, keeper: str, of: str) -> None:
        """A value is confirmed by whoever keeps its metric or task, not by any outsider."""
        if not somebody(one.owner) or self.map.of_team(one.owner) or not somebody(keeper):
            return  # other faults, or nobody to compare with
        if address(one.owner) != address(keeper):
            # Neither is named: a page for a meeting names nobody.
            said = f"its owner is another than the owner of {of}"
            do = "Name that owner, who keeps the number and can confirm it."
            self._fault("other-owner", one, said, do)

    def _money(self, one: Pipeline) -> Stated:
        metric = self._metric(one)
        if metric is None:
            return Stated(one.name, one.kind, one.per_month, None, source=one.source)
        if metric.unit != "cents" or metric.per_month is None:
            lack = "is in hours" if metric.unit != "cents" else "has no per_month"
            said = f"its metric {metric.name} {lack} ({metric.place})"
            self._fault("number", one, said, "Take a metric in cents, or write kind: hours.")
            return Stated(one.name, one.kind, one.per_month, None, source=one.source)
        self._keeper(one, metric.owner, f"{metric.name} in metrics.yml")
        cents = round(metric.per_month * one.share)
        return self._held(one, cents, f"{metric.name} in metrics.yml", 0.0)

    def _hours(self, one: Pipeline) -> Stated:
        task = self._task(one)
        if not one.rate:
            said = "its rate is 0" if one.rate == 0 else "states hours without a rate"
            self._fault("hours", one, said, "Write rate: in cents an hour, from who pays them.")
        if one.metric:
            metric = self._metric(one)
            if metric:
                self._keeper(one, metric.owner, f"{metric.name} in metrics.yml")
        elif task:
            self._keeper(one, task.owner, f"{task.name} in tasks.csv")
        if task is None or not one.rate:
            return Stated(one.name, "hours", one.per_month, None, money=False, source=one.source)
        if one.times is not None and not _within(one.times, task.times):
            said = f"{one.times:g} times a month; tasks.csv has {task.times:g}"
            self._fault("number", one, said, "Write how often it is done, or mend tasks.csv.")
            return Stated(one.name, "hours", one.per_month, None, money=False, source=one.source)
        hours = task.hours * one.share
        return self._held(one, round(hours * one.rate), f"{task.name} in tasks.csv", hours)

    def _task(self, one: Pipeline) -> Task | None:
        if not one.task:
            do = "Name the task that nobody does by hand any more, as tasks.csv has it."
            self._fault("hours", one, "states hours without a task", do)
            return None
        if self.books.tasks is None:
            raise CannotRun(
                f"{one.place}: names the task {one.task!r}, but there is no tasks.csv beside the "
                "map; name it with --tasks"
            )
        if one.task not in self.books.tasks:
            near = _near(one.task, self.books.tasks)
            said = f"its task {one.task!r} does not stand in tasks.csv{near}"
            self._fault("hours", one, said, "Name a task that was measured.")
            return None
        return self.books.tasks[one.task]

    def _held(self, one: Pipeline, cents: int, by: str, hours: float) -> Stated:
        """The recomputed number, if the stated one is within one per cent of it."""
        rate_owner = one.rate_owner or self.map.rate_owner
        money = not hours or (somebody(rate_owner) and not self.map.of_team(rate_owner))
        wrong = one.per_month is None and not hours
        if wrong:
            do = f"Write per_month: {cents}, or say that it brings none."
            self._fault("number", one, "states no number a month", do)
        elif one.per_month is not None and not _within(one.per_month, cents):
            wrong = True
            said = f"states {one.per_month:,} cents a month; {by} gives {cents:,}"
            do = f"Write per_month: {cents}, or ask the owner for a new source."
            self._fault("number", one, said + _slip(one.per_month, cents, hours), do)
        held = None if wrong else cents
        return Stated(one.name, one.kind, one.per_month, held, hours, money, one.source)

    def _twice(self) -> None:
        """One metric or task in full for two pipelines: one fault for all who claim it."""
        claims: dict[tuple[str, str], list[Pipeline]] = {}
        for one in self.map.pipelines:
            if one.kind in ("revenue", "cost", "hours"):
                key = ("metric", one.metric) if one.metric else ("task", one.task)
                claims.setdefault(key, []).append(one)
        for (what, name), who in claims.items():
            total = sum(one.share for one in who)
            if name and len(who) > 1 and total > 1 + 1 / WITHIN:
                others = ", ".join(one.name for one in who)
                said = f"the {what} {name} is claimed by {others}: {total:g} times in all"
                do = "Give each its share: (a part of 1), or let one of them claim it."
                self._fault("twice", who[-1], said, do)


def _within(stated: float, right: float) -> bool:
    return abs(stated - right) * WITHIN <= abs(right)


def _slip(stated: int, cents: int, hours: float = 0.0) -> str:
    """What the difference looks like, where it looks like something."""
    if hours and _within(stated, hours):
        return " (it looks like hours: write cents)"
    for factor, what in SLIPS.items():
        if cents and abs(stated / cents / factor - 1) < 1 / WITHIN:
            return f" (it looks like {what})"
    return ""


def _near(name: str, known: Iterable[str] | Mapping[str, object]) -> str:
    near = get_close_matches(name, list(known), 1, 0.6)
    return f"; did you mean {near[0]}?" if near else ""
