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


def failed(rows, *expectations, result_format="BOOLEAN_ONLY"):
    """The results of the expectations that do not hold for these rows."""
    suite = gx.ExpectationSuite(name="orders", expectations=list(expectations))
    batch = day.get_batch(batch_parameters={"dataframe": rows})
    seen = batch.validate(suite, result_format=result_format)
    return [result for result in seen.results if not result.success]


def names(results, severity):
    """What failed with that severity, in words."""
    told = [r.expectation_config for r in results]
    return [f"{c.type} {c.kwargs.get('column', '')}" for c in told if c.severity == severity]


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: what blocks it, which rows go, what to warn of."""
    warn = [f"new column {name}" for name in rows.columns if name not in COLUMNS]
    contract = failed(
        rows,
        gxe.ExpectTableColumnsToMatchSet(column_set=COLUMNS, exact_match=False),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToBeInTypeList(
            column="amount", type_list=["int64", "float64", "Int64", "Float64"]
        ),
    )
    if block := names(contract, "critical"):
        return {"block": block, "quarantine": [], "warn": warn}

    after = pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2)
    times = rows.assign(ordered_at=pd.to_datetime(rows["ordered_at"]))
    rules = [
        gxe.ExpectColumnValuesToNotBeNull(column="order_id"),
        gxe.ExpectColumnValuesToNotBeNull(column="amount"),
        gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0),
        gxe.ExpectColumnValuesToBeBetween(
            column="ordered_at", max_value=after.to_pydatetime(), strict_max=True
        ),
    ]
    # Which rows takes twice as long to say as whether: it is asked only where some are bad.
    bad = failed(times, *rules) and failed(times, *rules, result_format="COMPLETE")
    quarantine = sorted({int(n) for r in bad for n in r.result["unexpected_index_list"]})

    usual = history.loc[history["decision"] == "publish", "average"].median()
    gate = failed(
        rows.drop(index=quarantine),
        gxe.ExpectColumnProportionOfUniqueValuesToBeBetween(column="order_id", min_value=1),
        gxe.ExpectColumnMeanToBeBetween(
            column="amount", min_value=usual / 3, max_value=usual * 3
        ),
        gxe.ExpectColumnDistinctValuesToBeInSet(
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
    share = good["amount"].mean() / published.median()
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

# %% other: masks over the frame, one line a rule
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
    return {"block": block, "quarantine": quarantine, "warn": warn}
