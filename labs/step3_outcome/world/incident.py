"""The incident: a mail with 41 reactions, the invoice behind it, and who reads the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import duckdb

from labs.step3_outcome.world.northlight import (
    BACKUP,
    CELEBRATED,
    CRAWLER,
    ETL,
    PLAIN,
    RATE_CENTS,
    TESTS,
    pipelines,
)
from labs.step3_outcome.world.words import exact
from workbook import render
from workbook.plots import INK, RIGHT, WRONG, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MINUTES = (96, 8)
REACTIONS = 41
MAIL = f"""> **From:** the head of data · **To:** all of Northlight Supply
>
> **{MINUTES[0] // MINUTES[1]} times faster!**
>
> Three weeks of hard work, and `{CELEBRATED}` runs in {MINUTES[1]} minutes instead of
> {MINUTES[0]}. What an achievement. It goes live next Monday. Drinks on Friday, on me!
>
> *{REACTIONS} people have clapped*"""
_WHAT = {
    ETL: "its own refresh: a MERGE reads what it writes", TESTS: "its tests",
    CRAWLER: "a crawler that reads everything", BACKUP: "a copy for the archive",
}  # fmt: skip
# Reads of everything that is built on a table, the table included, by pipeline.
_BELOW = """with recursive below as (
        select pipeline, table_name as name from pipelines
        union select pipeline, downstream from below join lineage on upstream = name)"""
PEOPLE = f"""{_BELOW}, readers as (
        select distinct pipeline, email, readers from below
        join (select distinct unnest(referenced_tables) as name, user_email as email from jobs)
        using (name) join principals using (email) where kind in ('person', 'delivery'))
    select pipeline, cents, coalesce(sum(readers), 0)::integer as people
    from (select pipeline, sum(cost_cents) / 6 as cents from runs group by pipeline)
    left join readers using (pipeline) group by all order by all"""


def mail() -> render.Shown:
    """The congratulation."""
    return render.markdown(MAIL)


def speedup() -> render.Shown:
    """Minutes of a run before and after."""
    alt = f"{CELEBRATED}: {MINUTES[0]} minutes a run before, {MINUTES[1]} minutes after."
    return figure(_bars, alt, height=1.6)


def _bars(axes: Axes) -> None:
    for place, (name, minutes) in enumerate(zip(("before", "after"), MINUTES, strict=True)):
        colour = (INK, RIGHT)[place]
        axes.barh(place, minutes, height=0.6, color=colour)
        axes.annotate(f"{minutes} minutes", (minutes, place), xytext=(4, 0), color=colour,
                      textcoords="offset points", va="center")  # fmt: skip
        axes.annotate(name, (0, place), xytext=(-4, 0), color=INK, ha="right",
                      textcoords="offset points", va="center")  # fmt: skip
    axes.invert_yaxis()
    axes.set_yticks([])
    axes.set_xlim(0, MINUTES[0] * 1.2)
    axes.set_xlabel("minutes of a run")


def invoice(con: duckdb.DuckDBPyConnection) -> render.Shown:
    """What the three weeks cost, and what they save a month."""
    days, saved, _ = _payback(con)
    return render.rows([
        {"the invoice": "engineer-days", "amount": str(days)},
        {"the invoice": f"at {exact(RATE_CENTS)} a day", "amount": exact(days * RATE_CENTS)},
        {"the invoice": "compute saved a month", "amount": exact(saved)},
    ])  # fmt: skip


def payback(con: duckdb.DuckDBPyConnection) -> render.Shown:
    """Until when the celebrated work has paid for itself."""
    days, saved, months = _payback(con)
    return render.rows([
        {"payback": "spent", "amount": exact(days * RATE_CENTS)},
        {"payback": "saved a month", "amount": exact(saved)},
        {"payback": "months", "amount": f"{months:,.0f}"},
        {"payback": "years", "amount": f"{months / 12:,.0f}"},
    ])  # fmt: skip


def _payback(con: duckdb.DuckDBPyConnection) -> tuple[int, float, float]:
    """(engineer-days, cents saved a month, months)."""
    [(days, saved)] = con.execute(
        """select days, (before_cents - after_cents) * sum(runs) / 6 from proposals
        join runs using (pipeline) where pipeline = ? group by days, before_cents, after_cents""",
        [CELEBRATED],
    ).fetchall()
    return days, saved, days * RATE_CENTS / saved


def who(con: duckdb.DuckDBPyConnection, table: str) -> render.Shown:
    """The readers of one table by account; people are counted, not named."""
    query = """select case when kind = 'person' then 'people' else user_email end as account, kind,
            count(*) as reads, count(distinct user_email) as people
        from (select * from jobs where list_contains(referenced_tables, ?))
        join principals on user_email = email group by all order by reads desc, account"""
    found = con.execute(query, [table]).fetchall()
    rows: list[dict[str, Any]] = [
        {"account": account, "kind": kind, "reads": reads, "what": _WHAT.get(account, _kind(kind))}
        for account, kind, reads, _ in found
        if kind != "person"
    ]
    people = sum(n for _, kind, _, n in found if kind == "person")
    reads = sum(n for _, kind, n, _ in found if kind == "person")
    told = {"account": "people", "kind": "person", "reads": reads, "what": f"{people} people"}
    return render.rows([*rows, told])


def _kind(kind: str) -> str:
    return "an extract for readers" if kind == "delivery" else "a machine"


def value_map(con: duckdb.DuckDBPyConnection) -> render.Shown:
    """Each pipeline by what it costs and how many people it serves."""
    points = {name: (cents / 100, people) for name, cents, people in con.execute(PEOPLE).fetchall()}
    loud, plain = points[CELEBRATED], points[PLAIN]
    unread = sum(not people for _, people in points.values())
    alt = (
        f"{len(points)} pipelines by cost a month and people. {CELEBRATED}: {exact(100 * loud[0])}"
        f" and {loud[1]} people; {PLAIN}: {exact(100 * plain[0])} and {plain[1]} people,"
        f" it fails each Monday. {unread} pipelines have no reader in the log."
    )
    return figure(lambda axes: _map(axes, points), alt)


def _map(axes: Axes, points: dict[str, tuple[float, int]]) -> None:
    others = [point for name, point in points.items() if name not in (CELEBRATED, PLAIN)]
    costs, people = ([point[n] for point in others] for n in (0, 1))
    axes.scatter(costs, people, s=18, color=INK, clip_on=False)
    for name, told, colour, mark, place in (
        (CELEBRATED, "celebrated", WRONG, "X", (0.02, 0.24)),
        (PLAIN, "fails each Monday, never asked for", RIGHT, "o", (0.02, 0.72)),
    ):
        x, y = points[name]
        axes.scatter(x, y, s=60, color=colour, marker=mark, zorder=3, clip_on=False)
        axes.annotate(f"{name}: {y} people ({told})", (x, y), place, color=colour,
                      textcoords="axes fraction",
                      arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.8})  # fmt: skip
    # From nothing to a thousand: straight axes would put most points on each other.
    axes.set_xscale("symlog", linthresh=10)
    axes.set_xticks([0, 10, 100, 1000], ["0", "10", "100", "1,000"])
    axes.set_xlim(-1, 2_000)
    axes.set_yscale("symlog", linthresh=10)
    axes.set_yticks([0, 10, 100], ["0", "10", "100"])
    axes.set_ylim(-1, max(people) * 1.5)
    axes.set_xlabel("compute, dollars a month")
    axes.set_ylabel("people who read it,\nor what is built on it")


def facts(con: duckdb.DuckDBPyConnection) -> render.Shown:
    """For each table and view what is known of its readers; what to make of it is left open."""
    tables = [one.table for one in pipelines().values()]
    query = """with names as (select unnest(?) as name union select downstream from lineage),
        reads as (
            select name, count(distinct email) filter (kind = 'person') as persons,
                max(readers) filter (kind = 'delivery') as delivered,
                count(*) filter (kind = 'machine') as machines
            from (select unnest(referenced_tables) as name, user_email as email from jobs)
            join principals using (email) group by name),
        edges as (select upstream as name, list(downstream order by downstream) as below
            from lineage group by upstream),
        named as (select table_name as name, 'exposure' as why from exposures
            union all select table_name, 'register' from register)
        select name, coalesce(persons, 0), delivered, coalesce(machines, 0), below, why
        from names left join reads using (name) left join edges using (name)
        left join named using (name) order by name"""
    found = con.execute(query, [tables]).fetchall()
    return render.rows([
        {"table": name, "people": persons, "delivery to": delivered, "machines": machines,
         "built on it": _few(below), "named by": by}
        for name, persons, delivered, machines, below, by in found
    ])  # fmt: skip


def _few(names: Sequence[str] | None) -> str | None:
    """Two of them at most, and how many more there are."""
    if not names:
        return None
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more
