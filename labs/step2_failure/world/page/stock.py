"""A stock list that is replaced statement by statement, and what a reader sees in between."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from workbook import render

STOCK = """
    create table stock (sku varchar, pieces integer);
    insert into stock values ('lamp', 4), ('rope', 9), ('tent', 2);
    create table sheet (counted varchar);
    insert into sheet values ('Monday')
"""
LOOK = """
    select (select counted from sheet), string_agg(sku || ' ' || pieces, ', ' order by sku)
    from stock
"""


def watched(statements: Sequence[str]) -> render.Shown:
    """Run statements on a stock list; after each of them a reader looks at it."""
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(STOCK)
        seen = []
        for statement in ["", *statements]:
            if statement:
                con.execute(statement)
            counted, pieces = con.cursor().execute(LOOK).fetchall()[0]
            seen.append(
                {"after": statement or "(before)", "counted": counted, "stock": pieces or "none"}
            )
    return render.rows(seen)
