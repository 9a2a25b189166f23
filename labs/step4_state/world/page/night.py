"""What the page of step 4 plays with: a night's load, the board it fills, and the kill."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fieldkit.state.fingerprints import Fingerprint
from labs.handles.database import MEMORY, Warehouse
from labs.step4_state.world.deliveries import (
    Delivery,
    company_days,
    plain_days,
    true_daily,
)
from labs.step4_state.world.page.command import EVERY_DAY, files
from labs.step4_state.world.page.document import Transition, document, observed, picture
from labs.step4_state.world.page.landing_command import landing_files
from labs.step4_state.world.page.play import Schedulers, Tiny, TinyLanding
from labs.step4_state.world.page.process import KILLED, Request, load_of, registered, run_all
from labs.step4_state.world.stages import observed_night
from labs.step4_state.world.warehouse import (
    CHECKED,
    DAILY,
    TABLES,
    SourceClient,
    count_wrong,
    dollars,
    snapshot,
    source,
)
from workbook import Outcome, UsageError, perform, plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAYS = 6
LIMIT = 60.0  # seconds for one run on the page, at any size of the world
POINTS = 60  # kill points in a plot, evenly over a longer run; the check tries every one
MINUTES_A_DAY = 45  # to find and delete one wrong day by hand: the company's own estimate
Run = Callable[..., Any]


_numbers = itertools.count(1)  # of warehouses, in this process: a page may run twice in a kernel


def _new_warehouse() -> Warehouse:
    return Warehouse(place=f"{MEMORY}night_{next(_numbers)}", setup=TABLES)


class World:
    """Northlight Supply's week: six days of orders, delivered a day at a time.

    `orders_per_day`: 20 to 5,000,000. Raises UsageError.
    """

    def __init__(self, seed: int, orders_per_day: int = 400) -> None:
        if type(orders_per_day) is not int or not 20 <= orders_per_day <= 5_000_000:
            raise UsageError(f"orders_per_day={orders_per_day!r}: a whole number from 20 is needed")
        self._seed, self._orders_per_day = seed, orders_per_day

    @cached_property
    def deliveries(self) -> list[Delivery]:
        """The week's deliveries, with the corrections and late rows of every week."""
        return company_days(self._seed, DAYS, self._orders_per_day)

    def week(self) -> render.Shown:
        """What arrives: per day the rows, and how many of them belong to earlier days."""
        rows = []
        for delivery in self.deliveries:
            earlier = [o for o in delivery.orders if o.ordered_at.date() < delivery.day]
            corrections = sum(o.version > 1 for o in earlier)
            late = len(earlier) - corrections
            told = {"day": str(delivery.day), "rows": len(delivery.orders)}
            rows.append(told | {"of these late": late, "corrections": corrections})
        return render.rows(rows)

    def night(self) -> Night:
        """A new, empty warehouse with the whole week waiting to be loaded."""
        return Night(self.deliveries, _new_warehouse())

    def tiny(self) -> Tiny:
        """A warehouse for play, with three orders."""
        return Tiny(plain_days(self._seed, 1)[0], _new_warehouse())

    def landing(self) -> TinyLanding:
        """A folder and a manifest for play, with one day's rows."""
        return TinyLanding(plain_days(self._seed, 1)[0])

    def schedulers(self) -> Schedulers:
        """Two connections to one small database with the table of leases."""
        return Schedulers()

    def observed(self) -> render.Shown:
        """What each event of a real night did to its day, as the tables showed it."""
        return observed(observed_night(self._seed))

    def states(self, transition: Transition) -> render.Shown:
        """The moves that a transition allows, as a picture and in words."""
        return picture(transition)

    def document(self, transition: Transition) -> dict[str, str]:
        """STATES.md, and the picture that belongs to it."""
        return document(transition)

    def commands(self, shipped: str, mine: str) -> dict[str, str]:
        """Both loads as commands, shipped.py and mine.py, with the week's deliveries as files."""
        loads = {"shipped": shipped, "mine": mine}
        runs = {name: (text, registered(text)) for name, text in loads.items()}
        return files(self.deliveries, runs)

    def week_commands(self, shipped: str, mine: str) -> dict[str, str]:
        """The same of a load of one day: each command loads every day of the week."""
        texts = {"shipped": shipped, "mine": mine}
        loads = {
            name: (text + EVERY_DAY.format(load=registered(text)), "load_week")
            for name, text in texts.items()
        }
        return files(self.deliveries, loads)

    def landing_commands(self, shipped: str, mine: str) -> dict[str, str]:
        """Both landings as commands, with three days' deliveries as files: for a certificate."""
        return landing_files(plain_days(self._seed, 3), shipped, mine)

    def source(self) -> SourceClient:
        """The week's source, to look at."""
        return source(self.deliveries).open(lambda: None)

    def kill_plot(self, shipped: Run, mine: Run | None = None) -> render.Shown:
        """The board's error after kill and rerun, against the statement of the kill.

        With `mine` both loads in one picture, on the scale of the incident.
        """
        loads = {"as shipped": shipped} | ({"yours": mine} if mine else {})
        ends = {name: self._ends(run) for name, run in loads.items()}
        told = {name: _told(found) for name, found in ends.items()}
        title = next(reversed(told.values()))
        alt = "Kill and rerun. " + " ".join(f"{n}: {text}." for n, text in told.items())
        return plots.figure(lambda axes: _draw_ends(axes, ends, title), alt)

    def _ends(self, run: Run) -> dict[int, End]:
        """Kill point -> how the night ends after the rerun."""
        whole = self.night()
        count = len(whole.run_once(run).evidence["con"]["log"])
        whole.close()
        step = max(1, -(-count // POINTS))
        return {k: self._end_after(run, k) for k in range(1, count + 1, step)}

    def _end_after(self, run: Run, kill_before: int) -> End:
        night = self.night()
        night.run_once(run, crash_before=kill_before)
        night.run_once(run)
        end = night.end
        night.close()
        return end

    def real_kill(self, text: str, before: int) -> render.Shown:
        """The night in a process of its own, really killed; beside it, the injected kill."""
        injected = self.night()
        injected.run_once(load_of(text), crash_before=before)
        with self._killed_for_real(text, [before]) as ((warehouse, ended),):
            same = snapshot(warehouse) == snapshot(injected.warehouse)
        injected.close()
        word = "the same rows as" if same else "OTHER rows than"
        when = f" before statement {before}" if ended == KILLED else ""
        told = f"{ended}{when}: it left {word} the injected kill"
        return render.text(f"a process of its own, {told}")

    def real_kills(self, text: str, count: int = 10) -> render.Shown:
        """The night killed in that many real processes at moments spread evenly, and run again."""
        whole = self.night()
        statements = len(whole.run_once(load_of(text)).evidence["con"]["log"])
        whole.close()
        points = [1 + n * (statements - 1) // max(1, count - 1) for n in range(count)]
        rows = []
        with self._killed_for_real(text, points) as killed:
            for point, (warehouse, ended) in zip(points, killed, strict=True):
                night = Night(self.deliveries, warehouse)
                night.run_once(load_of(text))
                row = {"before statement": point, "the process": ended}
                row |= {"wrong rows after the rerun": f"{night.end.wrong_rows:,}"}
                rows.append(row | {"board off by": dollars(night.end.cents)})
        return render.rows(rows)

    @contextmanager
    def _killed_for_real(
        self, text: str, points: Sequence[int]
    ) -> Iterator[list[tuple[Warehouse, str]]]:
        """A warehouse for each point, as the process left it that was killed there."""
        world = (self._seed, DAYS, self._orders_per_day, text)
        with tempfile.TemporaryDirectory() as folder:
            places = [f"{folder}/killed_{number}.duckdb" for number in range(len(points))]
            warehouses = [Warehouse(place=place, setup=TABLES) for place in places]
            requests = [Request(p, *world, k) for p, k in zip(places, points, strict=True)]
            yield list(zip(warehouses, run_all(requests), strict=True))

    def before_after(self, shipped: Run, mine: Run) -> render.Shown:
        """What a week of killed nights costs with the load that shipped, and with yours."""
        sides = {"as shipped": shipped, "yours": mine}
        told = {name: self._cost(run) for name, run in sides.items()}
        names = next(iter(told.values()))
        rows = [{"": n} | {side: cost[n] for side, cost in told.items()} for n in names]
        return render.rows(rows)

    def _cost(self, run: Run) -> dict[str, str]:
        night = self.night()
        count = len(night.run_once(run).evidence["con"]["log"])
        night.close()
        end = self._end_after(run, max(1, count // 2))
        return {
            "days wrong on the board": str(end.wrong_days),
            "wrong rows in all tables": f"{end.wrong_rows:,}",
            "board off by": dollars(end.cents),
            f"hours of clean-up, at {MINUTES_A_DAY} min a day": f"{end.hours:.1f}",
        }


@dataclass(frozen=True)
class End:
    """How a night ended. `cents`: by which the board is off; `wrong_rows`: in all tables."""

    cents: int
    wrong_days: int
    wrong_rows: int

    @property
    def hours(self) -> float:
        """What cleaning up by hand takes."""
        return self.wrong_days * MINUTES_A_DAY / 60


@dataclass(repr=False)
class Night:
    """One warehouse, one source, one board."""

    deliveries: Sequence[Delivery]
    warehouse: Warehouse

    def __repr__(self) -> str:
        return f"<a night with {len(self.deliveries)} deliveries>"

    def run_once(self, run: Run, **options: Any) -> Outcome:
        """Call the load once, the process dying as `options` say."""
        data = {"con": self.warehouse.handle(**options), "source": source(self.deliveries)}
        return perform(run, data, LIMIT)

    def run(self, run: Run, kill_before: int = 0) -> render.Shown:
        """Start the night's load; with `kill_before`, the process is killed at that statement."""
        outcome = self.run_once(run, crash_before=kill_before)
        log = outcome.evidence["con"]["log"]
        if outcome.crashed:
            told = f"killed before statement {kill_before}; the last one that ran: {log[-1]}"
        elif outcome.failure:
            told = f"the run raised {outcome.failure}"
        else:
            told = f"the run ended well; statements: {len(log)}"
        return render.text(told)

    def killed_and_rerun(self, run: Run, before: int) -> render.Shown:
        """The night killed before a statement, then run again: how each ended."""
        ended = [str(self.run(run, kill_before=before)), str(self.run(run))]
        return render.rows([{"run": n, "ended": e} for n, e in enumerate(ended, 1)])

    def board(self) -> render.Shown:
        """What the board shows, day by day, beside the truth."""
        shown, true = self._shown, self._true
        rows = []
        for day in sorted({*shown, *true}):
            orders, cents = shown.get(day, (0, 0))
            off = cents - true.get(day, (0, 0))[1]
            row = {"day": str(day), "orders": f"{orders:,}", "on the board": dollars(cents)}
            true_cents = dollars(true.get(day, (0, 0))[1])
            rows.append(row | {"true": true_cents, "off by": dollars(off)})
        total = {"day": "week", "orders": f"{sum(o for o, _ in shown.values()):,}"}
        total |= {"on the board": dollars(sum(c for _, c in shown.values()))}
        total |= {"true": dollars(sum(c for _, c in true.values()))}
        rows.append(total | {"off by": dollars(self.error)})
        return render.rows(rows)

    def fingerprints(self) -> dict[str, Fingerprint]:
        """Each table's fingerprint: the same rows in any order have the same one."""
        return {table: self.warehouse.fingerprint(table) for table in CHECKED}

    def changed_since(self, before: dict[str, Fingerprint]) -> render.Shown:
        """Which tables are not what they were."""
        now = self.fingerprints()
        rows = []
        for table in CHECKED:
            word = "same" if now[table] == before[table] else "CHANGED"
            counts = {
                "rows before": f"{before[table].rows:,}",
                "rows now": f"{now[table].rows:,}",
            }
            rows.append({"table": table} | counts | {"fingerprint": word})
        return render.rows(rows)

    @property
    def error(self) -> int:
        """Cents by which the whole board is off."""
        return sum(c for _, c in self._shown.values()) - sum(c for _, c in self._true.values())

    @property
    def end(self) -> End:
        """How the night stands now."""
        shown, true = self._shown, self._true
        days = sum(shown.get(day) != true.get(day) for day in {*shown, *true})
        rows = count_wrong(snapshot(self.warehouse), self.deliveries)
        return End(self.error, days, rows or days)

    @property
    def _shown(self) -> dict[Any, tuple[int, int]]:
        totals: dict[Any, tuple[int, int]] = {}
        for day, orders, cents in self.warehouse.rows(DAILY):
            before = totals.get(day, (0, 0))
            totals[day] = (before[0] + orders, before[1] + (cents or 0))
        return totals

    @property
    def _true(self) -> dict[Any, tuple[int, int]]:
        return {day: (orders, cents) for day, orders, cents in true_daily(self.deliveries)}

    def close(self) -> None:
        """Drop the warehouse."""
        self.warehouse.__exit__()


def _told(ends: dict[int, End]) -> str:
    """What kills at these points came to."""
    wrong = [end for end in ends.values() if end.wrong_rows]
    if not wrong:
        return f"{len(ends)} of {len(ends)} kills: same end state"
    worst = max((end.cents for end in wrong), key=abs)
    kills = f"{len(wrong)} of {len(ends)} kills: wrong rows"
    return f"{kills}, the board off by up to {dollars(worst)}" if worst else kills


def _draw_ends(axes: Axes, loads: dict[str, dict[int, End]], title: str) -> None:
    axes.axhline(0, color=plots.INK, linewidth=0.8)
    for name, ends in loads.items():
        for wrong, colour, marker in ((True, plots.WRONG, "x"), (False, plots.RIGHT, "o")):
            points = {k: e.cents / 100 for k, e in ends.items() if bool(e.wrong_rows) == wrong}
            if points:
                label = f"{name}: {'wrong rows' if wrong else 'right'}"
                # What is yours lies on top, in a larger sign, where both are wrong alike.
                sign = "+" if wrong and name == "yours" else marker
                axes.plot(list(points), list(points.values()), sign, color=colour, label=label)
    axes.set_title(title)
    axes.set_xlabel("killed before statement k")
    axes.set_ylabel("board off by")
    axes.yaxis.set_major_formatter(lambda value, _: f"${value:,.0f}".replace("$-", "−$"))
    if not any(end.cents for ends in loads.values() for end in ends.values()):
        axes.set_ylim(-1, 1)
        axes.set_yticks([0])
    axes.legend(loc="best")
