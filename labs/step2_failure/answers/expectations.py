# %% reference
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]
COUNTRIES = ["US", "GB", "DE", "CA", "FR", "AU"]
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
source = context.data_sources.add_pandas("received")
day = source.add_dataframe_asset("orders").add_batch_definition_whole_dataframe("day")


def failed(rows, *expectations):
    """The results of the expectations that do not hold for these rows."""
    suite = gx.ExpectationSuite(name="orders", expectations=list(expectations))
    batch = day.get_batch(batch_parameters={"dataframe": rows})
    seen = batch.validate(suite, result_format="COMPLETE")
    return [result for result in seen.results if not result.success]


def names(results, severity):
    """What failed with that severity, in words."""
    told = [r.expectation_config for r in results]
    return [f"{c.type} {c.kwargs.get('column', '')}" for c in told if c.severity == severity]


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: what blocks it, which rows go, what to warn of."""
    contract = failed(
        rows,
        gxe.ExpectTableColumnsToMatchSet(column_set=COLUMNS, exact_match=False),
        gxe.ExpectTableColumnsToMatchSet(column_set=COLUMNS, severity="warning"),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToBeInTypeList(
            column="amount", type_list=["int64", "float64", "Int64", "Float64"]
        ),
    )
    block, warn = names(contract, "critical"), names(contract, "warning")
    if block:
        return {"block": block, "quarantine": [], "warn": warn}

    after = pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2)
    times = rows.assign(ordered_at=pd.to_datetime(rows["ordered_at"]))
    bad = failed(
        times,
        gxe.ExpectColumnValuesToNotBeNull(column="order_id"),
        gxe.ExpectColumnValuesToNotBeNull(column="amount"),
        gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0),
        gxe.ExpectColumnValuesToBeBetween(
            column="ordered_at", max_value=after.to_pydatetime(), strict_max=True
        ),
    )
    quarantine = sorted({int(n) for r in bad for n in r.result["unexpected_index_list"]})

    usual = history.loc[history["decision"] == "publish", "average"].median()
    gate = failed(
        rows.drop(index=quarantine),
        gxe.ExpectColumnValuesToBeUnique(column="order_id"),
        gxe.ExpectColumnMeanToBeBetween(
            column="amount", min_value=usual / 3, max_value=usual * 3
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="country", value_set=COUNTRIES, severity="warning"
        ),
    )
    return {
        "block": names(gate, "critical"),
        "quarantine": quarantine,
        "warn": warn + names(gate, "warning"),
    }

# %% other: one suite for everything, its expectations named by what follows from them
import great_expectations as gx
import great_expectations.expectations as gxe

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


@lab.exercise("expectations")
def validate(rows, history):
    columns = ["order_id", "ordered_at", "customer_id", "country", "amount"]
    absent = [c for c in columns if c not in rows.columns]
    warn = [f"new column {c}" for c in rows.columns if c not in columns]
    if absent or len(rows) == 0 or rows["amount"].dtype.kind not in "if":
        return {"block": absent or ["empty, or amount is text"], "quarantine": [], "warn": warn}
    day = r"^(%s)T" % "|".join([str(h) for h in history["day"]] + [_next(history["day"].max())])

    def row(kind, **given):
        return kind(meta={"then": "quarantine"}, **given)

    suite = gx.ExpectationSuite(name="day", expectations=[
        row(gxe.ExpectColumnValuesToNotBeNull, column="order_id"),
        row(gxe.ExpectColumnValuesToNotBeNull, column="amount"),
        row(gxe.ExpectColumnValuesToBeBetween, column="amount", min_value=0),
        row(gxe.ExpectColumnValuesToMatchRegex, column="ordered_at", regex=day),
        gxe.ExpectColumnValuesToBeInSet(
            column="country", value_set=["US", "GB", "DE", "CA", "FR", "AU"], meta={"then": "warn"}
        ),
    ])
    batch = context.data_sources.pandas_default.read_dataframe(rows.reset_index(drop=True))
    bad = set()
    for result in batch.validate(suite, result_format="COMPLETE").results:
        if not result.success and result.expectation_config.meta["then"] == "warn":
            warn.append("a country that nobody knows")
        elif not result.success:
            bad |= set(result.result["unexpected_index_list"])
    block, good = [], rows[~rows.index.isin(bad)]
    if not good["order_id"].is_unique:
        block.append("an order twice")
    published = history[history["decision"] == "publish"]["average"]
    share = good["amount"].mean() / published.mean()
    if share < 0.25 or share > 4:
        block.append(f"the average is {share:.2f} times the usual one")
    return {"block": block, "quarantine": list(bad), "warn": warn}


def _next(day):
    import datetime as dt

    return str(dt.date.fromisoformat(day) + dt.timedelta(days=1))

# %% other: SQL over the frame, one statement for rows and one for the day
import duckdb


@lab.exercise("expectations")
def validate(rows, history):
    kinds = {str(name): str(rows[name].dtype) for name in rows.columns}
    wanted = ["order_id", "ordered_at", "customer_id", "country", "amount"]
    report = {"block": [], "quarantine": [], "warn": []}
    report["warn"] += [f"{name} is new" for name in kinds if name not in wanted]
    report["block"] += [f"{name} is missing" for name in wanted if name not in kinds]
    if not report["block"] and "float" not in kinds["amount"].lower():
        report["block"].append(f"amount is {kinds['amount']}")
    if not len(rows):
        report["block"].append("empty")
    if report["block"]:
        return report
    with duckdb.connect() as con:
        con.register("history", history)
        con.register("received", rows.assign(row_number=range(len(rows))))
        con.execute("""
            create table checked as
            select *, coalesce(isnan(order_id::double), true) or coalesce(isnan(amount), true)
                or amount < 0
                or ordered_at::date > (select max(day::date) + 1 from history) as bad
            from received
        """)
        bad = con.execute("select row_number from checked where bad order by 1").fetchall()
        report["quarantine"] = [number for (number,) in bad]
        orders, keys, average, unknown = con.execute("""
            select count(*), count(distinct order_id), avg(amount),
                   count(*) filter (country not in ('US', 'GB', 'DE', 'CA', 'FR', 'AU'))
            from checked where not bad
        """).fetchone()
        usual = con.execute(
            "select quantile_cont(average, 0.5) from history where decision = 'publish'"
        ).fetchone()[0]
    if orders != keys:
        report["block"].append(f"{orders - keys} rows repeat a key")
    if average is None or not 0.2 <= average / usual <= 5:
        report["block"].append("average")
    if unknown:
        report["warn"].append(f"{unknown} rows of unknown countries")
    return report

# %% other: row by row, copies put into quarantine instead of blocking
import math
from datetime import date, timedelta
from statistics import median


@lab.exercise("expectations")
def validate(rows, history):
    fields = ("order_id", "ordered_at", "customer_id", "country", "amount")
    extra = [name for name in rows.columns if name not in fields]
    warn = {f"unexpected column {name}" for name in extra}
    if any(name not in rows.columns for name in fields):
        return {"block": ["schema"], "quarantine": [], "warn": list(warn)}
    today = date.fromisoformat(history["day"].iloc[-1]) + timedelta(days=1)
    seen, bad, amounts = set(), [], []
    for number, row in enumerate(rows[list(fields)].to_dict("records")):
        if isinstance(row["amount"], str):
            return {"block": ["text"], "quarantine": [], "warn": list(warn)}
        lacks = any(v is None or v != v for v in (row["order_id"], row["amount"]))
        if lacks or row["amount"] < 0 or date.fromisoformat(row["ordered_at"][:10]) > today:
            bad.append(number)
        elif row["order_id"] in seen:
            bad.append(number)
        else:
            seen.add(row["order_id"])
            amounts.append(row["amount"])
            if row["country"] not in {"US", "GB", "DE", "CA", "FR", "AU"}:
                warn.add(f"unknown country {row['country']}")
    if not amounts:
        return {"block": ["nothing left"], "quarantine": bad, "warn": sorted(warn)}
    usual = median(a for a, d in zip(history["average"], history["decision"]) if d == "publish")
    off = abs(math.log10(sum(amounts) / len(amounts) / usual))
    return {"block": ["average"] if off > 0.5 else [], "quarantine": bad, "warn": sorted(warn)}

# %% wrong: returns whether all is well -> report-shape
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return not block and not quarantine

# %% wrong: block is one text -> report-shape
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": ", ".join(block), "quarantine": quarantine, "warn": warn}

# %% wrong: within 5 % of the last day -> clean-day-held
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history["average"].iloc[-1]
    if not usual * 0.999 < good["amount"].mean() < usual * 1.001:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: warns every day, to be safe -> warns-always
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], ["please look at the data"]
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: remembers the orders it has seen -> repaired-refused
import pandas as pd

seen = set()


@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    again = good["order_id"].isin(seen).any()
    seen.update(good["order_id"])
    if again or good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: remembers which ids were bad -> repaired-refused
import pandas as pd

known_bad = set()


@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    known_bad.update(rows["order_id"][bad])
    bad = bad | rows["order_id"].isin(known_bad)
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a renamed column is read through get -> missing-column-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    rows = pd.DataFrame({c: rows.get(c, pd.Series([None] * len(rows), index=rows.index)) for c in sorted(contract)})
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]) and lost == set():
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (pd.to_numeric(rows["amount"]) < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if len(good) and not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: only the columns that it uses itself -> missing-column-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost - {"customer_id"}:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a renamed column only warns -> missing-column-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [], "quarantine": [], "warn": [f"no column {c}" for c in sorted(lost)]}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: cleans amounts that are text -> text-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    amounts = rows["amount"].astype(str).str.replace("$", "")
    rows = rows.assign(amount=pd.to_numeric(amounts.replace("None", "nan"), errors="coerce"))
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: text counts as a number if it can be read as one -> text-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    try:
        rows = rows.assign(amount=rows["amount"].astype(float))
    except ValueError:
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: an empty frame passes vacuously -> empty-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": [], "quarantine": [], "warn": ["no rows"]}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: no distribution check -> average-unchecked
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: compares the median, which a page in cents does not move -> average-unchecked
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].median() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: only too high an average is suspicious -> average-unchecked
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if good["amount"].mean() > usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a ceiling for each amount instead of an average -> average-unchecked
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    if (good["amount"] > 100_000).any():
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: mostly=0.95 as a gate -> share-as-gate
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    if bad.mean() <= 0.05:
        bad = bad & False
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: blocks if too many are bad and lists none -> share-as-gate
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    if bad.mean() > 0.05:
        block.append("too many bad rows")
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": [], "warn": warn}

# %% wrong: drops bad rows silently -> bad-row-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": [], "warn": warn}

# %% wrong: negative amounts are only warned of -> bad-row-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    warn += ["negative amounts"] * int((rows["amount"] < 0).any())
    bad = (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad & ~(rows["amount"] < 0)]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: order ids in place of row numbers -> ids-not-rows
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows["order_id"][bad].dropna()]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: one bad row blocks the day -> bad-row-blocks
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if (rows["amount"] < 0).any():
        block.append("negative amounts")
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: the average with the bad rows in it -> bad-row-blocks
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < rows["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: repeated keys counted before the bad rows are out -> bad-row-blocks
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if rows["order_id"].dropna().duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: rows without a key count as copies of each other -> bad-row-blocks
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if rows["order_id"][rows["order_id"].isna()].duplicated().any() or good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: later than now, by the clock on the wall -> future-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] > str(pd.Timestamp.now()))
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: later than the day by less than a day is let through -> future-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=3))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: no look at dates -> future-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a row without amount is no trouble -> missing-value-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a row without order_id is no trouble -> missing-value-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].dropna().duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: fills what is missing with 0 -> missing-value-passes
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    rows = rows.assign(amount=rows["amount"].fillna(0))
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: quarantine by key -> key-quarantined
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    keys = rows["order_id"][bad].dropna()
    bad = bad | rows["order_id"].isin(keys)
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: index lists joined, one for each expectation -> row-listed-twice
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[rows["amount"] < 0]]
    quarantine += [int(n) for n in rows.index[bad & ~(rows["amount"] < 0)]]
    quarantine += [int(n) for n in rows.index[(rows["ordered_at"] >= after) & (rows["amount"] < 0)]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a free order is a bad row -> good-row-taken
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] <= 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: an order of the last second counts as tomorrow's -> good-row-taken
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (pd.to_datetime(rows["ordered_at"]) >= pd.Timestamp(after) - pd.Timedelta(seconds=1))
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: row count as the only check of copies -> copies-pass
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if len(good) > 4 * history["rows"].max():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: only rows alike in every column are copies -> copies-pass
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good.duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: copies of an order all go -> copies-all-taken
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    twice = rows["order_id"][~bad].duplicated(keep=False)
    quarantine += [int(n) for n in twice.index[twice]]
    good = rows[~bad].drop_duplicates("order_id")
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: blocks Black Friday -> benign-day-held
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if len(rows) > 2 * history["rows"].median():
        block.append("too many rows")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: blocks a holiday -> benign-day-held
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if len(rows) < history["rows"].median() / 2:
        block.append("too few rows")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: an average within 40 % of the usual one -> benign-day-held
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual * 0.6 < good["amount"].mean() < usual * 1.4:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a new country blocks -> news-held
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        block.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: rows of a new country go into quarantine -> news-held
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    bad = bad | ~rows["country"].isin(["US", "GB", "DE", "CA", "FR", "AU"])
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: exactly the contract's columns or nothing -> news-held
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost or more:
        return {"block": [f"column {c}" for c in sorted(lost | more)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a new country goes unsaid -> news-untold
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: a new column goes unsaid -> news-untold
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost = contract - set(rows.columns)
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: days that were held back teach, too -> history-spoiled
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history["average"].mean()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: the last week, whatever became of it -> history-spoiled
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    quarantine = [int(n) for n in rows.index[bad]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history["average"].tail(7).median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% wrong: row numbers of what an earlier check left -> rows-shifted
import pandas as pd

@lab.exercise("expectations")
def validate(rows, history):
    contract = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    block, warn = [], []
    lost, more = contract - set(rows.columns), set(rows.columns) - contract
    if more:
        warn.append(f"new columns: {sorted(more)}")
    if lost:
        return {"block": [f"no column {c}" for c in sorted(lost)], "quarantine": [], "warn": warn}
    if rows.empty:
        return {"block": ["no rows"], "quarantine": [], "warn": warn}
    if not pd.api.types.is_numeric_dtype(rows["amount"]):
        return {"block": ["amount is not a number"], "quarantine": [], "warn": warn}
    after = str(pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2))[:10]
    bad = (rows["amount"] < 0) | (rows["ordered_at"] >= after)
    bad = bad | rows["order_id"].isna() | rows["amount"].isna()
    first = rows["order_id"].isna() | rows["amount"].isna()
    left = rows[~first].reset_index(drop=True)
    then = (left["amount"] < 0) | (left["ordered_at"] >= after)
    quarantine = [int(n) for n in [*rows.index[first], *left.index[then]]]
    good = rows[~bad]
    if good["order_id"].duplicated().any():
        block.append("order_id repeated")
    usual = history[history["decision"] == "publish"]["average"].median()
    if not usual / 3 < good["amount"].mean() < usual * 3:
        block.append("average far from other days")
    if set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"}:
        warn.append("new country")
    return {"block": block, "quarantine": quarantine, "warn": warn}
