"""Days of a shop for the guard's tests: clean ones, benign ones, and planted corruptions.

Run it to measure the false-alarm rate: python -m tests.fieldkit.shop_days --seeds 20
"""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from fieldkit.guard.checks import Check
from fieldkit.guard.days import Day, Past
from fieldkit.guard.judgement import Judge
from fieldkit.guard.policy import Calendar, GuardPolicy, NamedDay, Rule, TablePolicy
from fieldkit.guard.profiles import read_profiles
from fieldkit.state.stores import DuckReader

FIRST = dt.datetime(2026, 6, 1, 2, tzinfo=dt.UTC)  # a Monday
POLICY = GuardPolicy(
    tables={
        "orders": TablePolicy(
            key=("order_id",), fresh="loaded_at", rules=(Rule("amount", ">= 0", "amount >= 0"),)
        ),
        "board": TablePolicy(),
    },
    calendar=Calendar(
        days={
            "2026-08-14": NamedDay("sale", (0.8, 6.0)),
            "2026-08-15": NamedDay("holiday", (0.0, 1.2)),
        }
    ),
)
BASE = 400  # orders on a weekday
PRODUCTS = np.array([9.99, 14.5, 19.99, 24.0, 39.9, 59.0, 120.0, 349.0])
Frame = pd.DataFrame


class Shop:
    """A shop whose orders grow, have a week's rhythm, and are never the same on two days."""

    def __init__(self, seed: int, base: int = BASE) -> None:
        self.chance, self.base, self.orders = np.random.default_rng(seed), base, 0

    def day(self, number: int) -> Frame:
        """The orders of a day."""
        at = FIRST + dt.timedelta(days=number)
        rhythm = 0.6 if at.weekday() >= 5 else 1.0
        expected = self.base * rhythm * 1.003**number * self.chance.lognormal(0, 0.06)
        return self.some(int(self.chance.poisson(expected)), at)

    def some(self, count: int, at: dt.datetime) -> Frame:
        """So many orders that were loaded at that time."""
        draw, first = self.chance, self.orders
        self.orders += count
        price = PRODUCTS[draw.choice(8, count, p=[0.2, 0.2, 0.2, 0.15, 0.1, 0.08, 0.05, 0.02])]
        quantity = draw.choice([1, 2, 3, 4, 6], count, p=[0.55, 0.25, 0.1, 0.07, 0.03])
        coupon = np.where(draw.random(count) < 0.12, "SPRING", None)
        methods = draw.choice(["card", "invoice", "wallet"], count, p=[0.6, 0.3, 0.1])
        minutes = draw.uniform(5, 90)
        amounts = draw.lognormal(2, 1, count) * draw.choice(
            [0, 1, -1], count, p=[0.95, 0.048, 0.002]
        )
        return Frame(
            {
                "order_id": np.arange(first, first + count),
                "customer_id": draw.integers(1, 5000, count),
                "quantity": quantity,
                "amount": np.round(price * quantity * draw.uniform(0.9, 1.0, count), 2),
                "adjustment": np.round(amounts, 2),
                "coupon": pd.Series(coupon, dtype="object"),
                "method": methods,
                "email": np.where(draw.random(count) < 0.02, None, "somebody@northlight.example"),
                "loaded_at": pd.Timestamp(at).tz_localize(None) - pd.Timedelta(minutes=minutes),
            }
        )


class Mondays(Shop):
    """Mondays are a third larger."""

    def day(self, number: int) -> Frame:
        monday = (FIRST + dt.timedelta(days=number)).weekday() == 0
        self.base = BASE * 4 // 3 if monday else BASE
        return super().day(number)


class GoodWeeks(Shop):
    """There are good weeks and bad ones: noise that lasts."""

    lasts = 0.0

    def day(self, number: int) -> Frame:
        self.lasts = 0.8 * self.lasts + self.chance.normal(0, 0.06)
        self.base = BASE * np.exp(self.lasts)
        return super().day(number)


class Growing(Shop):
    """It grows by 1.5 % a day."""

    def day(self, number: int) -> Frame:
        self.base = BASE * 1.012**number
        return super().day(number)


class Small(Shop):
    """It has 45 orders a day."""

    def day(self, number: int) -> Frame:
        self.base = 45
        return super().day(number)


class HeavyTails(Shop):
    """A few orders are as much as all others."""

    def some(self, count: int, at: dt.datetime) -> Frame:
        found = super().some(count, at)
        return found.assign(amount=np.round(self.chance.pareto(1.6, count) * 10 + 1, 2))


class Inflation(Shop):
    """Prices rise by 0.4 % a day."""

    def some(self, count: int, at: dt.datetime) -> Frame:
        found = super().some(count, at)
        return found.assign(amount=found.amount * 1.004 ** (at - FIRST).days)


class Categories(Shop):
    """It sells in 15 categories; every nine days one more begins, which grows for two months."""

    def some(self, count: int, at: dt.datetime) -> Frame:
        days = (at - FIRST).days
        ages = np.arange(days, -1, -9)  # in days, of those that have begun since
        sizes = np.concatenate([np.ones(15), np.minimum(ages, 60) / 60])
        sizes /= np.arange(1, len(sizes) + 1)
        names = np.array([f"category {n}" for n in range(len(sizes))])
        chosen = self.chance.choice(names, count, p=sizes / sizes.sum())
        return super().some(count, at).assign(method=chosen)


HABITS = {
    one.__name__: one
    for one in (Shop, Mondays, GoodWeeks, Growing, Small, HeavyTails, Inflation, Categories)
}


class Warehouse:
    """The state before a run and after it, in memory, and the guard's judgement of each run."""

    def __init__(self, folder: Path, policy: GuardPolicy = POLICY) -> None:
        self.reader, self.policy, self.past = DuckReader(folder), policy, list[Past]()
        for side in ("expected", "observed"):
            self.reader.connection.execute(f"attach ':memory:' as {side}")

    def load(self, orders: Frame, number: int, work: str = "") -> list[Check]:
        """Load a day, `work`: SQL that is run on the new state after it; gives the checks."""
        con = self.reader.connection
        con.register("batch", orders)
        there = "orders" in self.reader.tables("expected")
        con.execute(
            "insert into observed.orders by name select * from batch"
            if there
            else "create table observed.orders as select * from batch"
        )
        con.execute(
            "create or replace table observed.board as select method, loaded_at::date as day, "
            "sum(amount) as revenue, count(*) as orders from observed.orders group by all"
        )
        for one in filter(None, work.split(";")):
            con.execute(one)
        at = FIRST + dt.timedelta(days=number)
        before = {name: shape.columns for name, shape in self.reader.tables("expected").items()}
        found = read_profiles(self.reader, self.policy.tables, at)
        day = Day.of(self.policy, self.past, at)
        checks = Judge(self.policy, self.past, day).judge(found, before)
        self._run = Past(str(number), at.isoformat(), day.name, found)
        return checks

    def publish(self) -> None:
        """The new state is the state."""
        self.past.append(self._run)
        self._copy("observed", "expected")

    def drop(self) -> None:
        """The new state is thrown away."""
        self._copy("expected", "observed")

    def _copy(self, source: str, target: str) -> None:
        for name in self.reader.tables(target):
            self.reader.connection.execute(f"drop table {target}.{name}")
        for name in self.reader.tables(source):
            self.reader.connection.execute(
                f"create table {target}.{name} as select * from {source}.{name}"
            )

    def learn(self, shop: Shop, days: int) -> list[tuple[int, list[Check]]]:
        """Clean days, all of them published; gives those on which something failed."""
        alarms = []
        for number in range(days):
            failed = [c for c in self.load(shop.day(number), number) if c.status == "failed"]
            if failed:
                alarms.append((number, failed))
            self.publish()
        return alarms


def measured(
    seeds: int, days: int, habit: str = "Shop", policy: GuardPolicy = POLICY,
    tell: Callable[[str], None] = print,
) -> tuple[int, int]:  # fmt: skip
    """False alarms, and runs, of so many shops; runs that learn count as well."""
    alarms = 0
    for seed in range(seeds):
        with TemporaryDirectory() as folder:
            found = Warehouse(Path(folder), policy).learn(HABITS[habit](seed), days)
        alarms += len(found)
        for number, failed in found:
            first = failed[0]
            tell(f"seed {seed}, day {number}: {first.measure} {first.now}, not {first.allowed}")
    tell(f"{habit}: {alarms} false alarms in {seeds * days} runs: {alarms / seeds / days:.2%}")
    return alarms, seeds * days


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--habit", nargs="+", default=["Shop"], choices=HABITS)
    parser.add_argument("--rate", type=float, default=POLICY.false_alarms)
    given = parser.parse_args()
    promised = replace(POLICY, false_alarms=given.rate)
    for name in given.habit:
        measured(given.seeds, given.days, name, promised)
