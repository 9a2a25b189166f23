# %% other: GX on its own for the frame, sets of row numbers by numpy
import great_expectations as gx
import great_expectations.expectations as gxe
import numpy as np

ctx = gx.get_context(mode="ephemeral")
ctx.variables.progress_bars = {"globally": False}
FIVE = {"order_id", "ordered_at", "customer_id", "country", "amount"}


@lab.exercise("expectations")
def validate(rows, history):
    frame = ctx.data_sources.pandas_default.read_dataframe(rows)
    agreed = frame.validate(gxe.ExpectTableColumnsToMatchSet(column_set=list(FIVE), exact_match=False))
    filled = frame.validate(gxe.ExpectTableRowCountToBeBetween(min_value=1))
    out = {"block": [], "quarantine": [], "warn": sorted("column " + c for c in set(rows) - FIVE)}
    if not (agreed.success and filled.success):
        return out | {"block": ["contract"]}
    if rows["amount"].dtype.kind not in "iuf":
        return out | {"block": ["type of amount"]}
    amount = rows["amount"].to_numpy(dtype=float)
    last = np.datetime64(history["day"].max()) + np.timedelta64(1, "D")
    late = rows["ordered_at"].to_numpy(dtype="datetime64[s]").astype("datetime64[D]") > last
    bad = np.isnan(amount) | (np.nan_to_num(amount) < 0) | late | rows["order_id"].isna().to_numpy()
    good = rows[~bad]
    usual = np.median(history.query("decision == 'publish'")["average"])
    if good["order_id"].nunique() < len(good):
        out["block"].append("keys")
    if not 0.12 < np.nanmean(amount[~bad]) / usual < 8:
        out["block"].append("mean")
    if not good["country"].isin(["US", "GB", "DE", "CA", "FR", "AU"]).all():
        out["warn"].append("country")
    return out | {"quarantine": np.flatnonzero(bad)}

# %% other: the report holds sets and tuples, and more than was asked for
import pandas as pd


@lab.exercise("expectations")
def validate(rows, history):
    need = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    warn = tuple(f"also {c}" for c in rows.columns if c not in need)
    if not need.issubset(rows.columns) or not len(rows):
        return {"block": ("no such day",), "quarantine": set(), "warn": warn, "checked": 0}
    if any(isinstance(a, str) for a in rows["amount"]):
        return {"block": ("text",), "quarantine": set(), "warn": warn, "checked": len(rows)}
    end = pd.to_datetime(history["day"]).max() + pd.DateOffset(days=2)
    ok = rows[rows["order_id"].notna() & (rows["amount"] >= 0)]
    ok = ok[pd.to_datetime(ok["ordered_at"]).lt(end)]
    gone = set(rows.index) - set(ok.index)
    block = []
    if ok["order_id"].value_counts().gt(1).any():
        block.append("twice")
    usual = history.groupby("decision")["average"].median()["publish"]
    # Adapted: whether exactly ten times blocks had been left open.
    if ok["amount"].sum() / max(len(ok), 1) >= 10 * usual or ok["amount"].sum() * 10 <= usual * len(ok):
        block.append("unit")
    strangers = set(ok["country"]) - set("US GB DE CA FR AU".split())
    warn += tuple(f"country {c}" for c in strangers)
    return {"block": tuple(block), "quarantine": gone, "warn": warn, "checked": len(rows)}

# %% other: the earlier copies go, the last one stays
@lab.exercise("expectations")
def validate(rows, history):
    import pandas as pd

    five = ["order_id", "ordered_at", "customer_id", "country", "amount"]
    warn = [c for c in rows if c not in five]
    if [c for c in five if c not in rows]:
        return dict(block=["columns"], quarantine=[], warn=warn)
    if rows.shape[0] == 0 or not pd.api.types.is_numeric_dtype(rows.amount):
        return dict(block=["rows or type"], quarantine=[], warn=warn)
    day = pd.Timestamp(history.day.iloc[-1]) + pd.Timedelta("1D")
    bad = rows.order_id.isna() | rows.amount.isna() | rows.amount.lt(0)
    bad |= pd.to_datetime(rows.ordered_at).dt.normalize() > day
    bad |= rows.order_id.where(~bad).duplicated(keep="last") & ~bad
    left = rows.loc[~bad]
    rate = left.amount.mean() / history.average[history.decision.eq("publish")].median()
    if not left.country.isin({"US", "GB", "DE", "CA", "FR", "AU"}).all():
        warn.append("country")
    block = [] if 1 / 4 < rate < 4 else [f"average x{rate:.3f}"]
    return dict(block=block, quarantine=rows.index[bad].tolist(), warn=warn)

# %% other: the usual average of a thousand shares, by logarithm, in pure Python
import datetime as dt
import math


@lab.exercise("expectations")
def validate(rows, history):
    told = {"block": [], "quarantine": [], "warn": []}
    names = [str(c) for c in rows.columns]
    for name in ("order_id", "ordered_at", "customer_id", "country", "amount"):
        if name not in names:
            told["block"].append("missing " + name)
    told["warn"].extend(n for n in names if n not in ("order_id", "ordered_at", "customer_id", "country", "amount"))
    records = rows.to_dict("records")
    if not records:
        told["block"].append("nothing came")
    if told["block"]:
        return told
    if not all(isinstance(r["amount"], (int, float)) or r["amount"] is None for r in records):
        told["block"].append("amount is no number")
        return told
    end = dt.date.fromisoformat(max(history["day"])) + dt.timedelta(days=2)
    good = []
    for n, r in enumerate(records):
        try:
            fine = int(r["order_id"]) and r["amount"] >= 0 and r["ordered_at"] < str(end)
        except (TypeError, ValueError):
            fine = False
        if fine:
            good.append(r)
        else:
            told["quarantine"].append(float(n))
    if len({r["order_id"] for r in good}) != len(good):
        told["block"].append("key")
    logs = [math.log(a) for a, d in zip(history["average"], history["decision"]) if d == "publish"]
    here = math.log(max(1e-9, sum(r["amount"] for r in good) / len(good)))
    if abs(here - sum(logs) / len(logs)) > math.log(5):
        told["block"].append("average")
    if any(r["country"] not in "US GB DE CA FR AU".split() for r in good):
        told["warn"].append("country")
    return told

# %% other: the day is that of most rows, unusual row counts are warned of
import pandas as pd


@lab.exercise("expectations")
def validate(rows, history):
    five = pd.Index(["order_id", "ordered_at", "customer_id", "country", "amount"])
    warn = list(rows.columns.difference(five))
    block = list(five.difference(rows.columns))
    if not block and rows.empty:
        block = ["rows"]
    if not block and not pd.api.types.is_numeric_dtype(rows["amount"]):
        block = ["amount"]
    if block:
        return {"block": block, "quarantine": [], "warn": warn}
    if not 0.4 < len(rows) / history["rows"].median() < 2:
        warn.append("an unusual number of rows")
    day = rows["ordered_at"].str[:10]
    good = rows.dropna(subset=["order_id", "amount"]).query("amount >= 0")
    good = good[day[good.index] <= day.mode()[0]]
    past = history[history["decision"] == "publish"]["average"]
    mean = good["amount"].mean()
    if mean < past.min() / 2 or mean > past.max() * 2:
        block.append("average")
    if good["order_id"].duplicated().any():
        block.append("keys")
    warn += list(set(good["country"]) - {"US", "GB", "DE", "CA", "FR", "AU"})
    return {"block": block, "quarantine": list(rows.index.difference(good.index)), "warn": warn}

# %% other: what is wrong with the frame raises inside and is told outside
import pandas as pd


class Broken(Exception):
    pass


def look(rows):
    for name in ("order_id", "ordered_at", "customer_id", "country", "amount"):
        if name not in rows.columns:
            raise Broken(f"{name} is not there")
    if len(rows) < 1:
        raise Broken("no rows")
    if rows["amount"].map(type).eq(str).any():
        raise Broken("amount is text")


@lab.exercise("expectations")
def validate(rows, history):
    warn = [f"{c}?" for c in rows.columns[~rows.columns.isin(["order_id", "ordered_at", "customer_id", "country", "amount"])]]
    try:
        look(rows)
    except Broken as error:
        return {"block": [str(error)], "quarantine": [], "warn": warn}
    end = pd.Timestamp(history["day"].max()) + pd.Timedelta(days=2)
    faults = pd.DataFrame({
        "key": rows["order_id"].isnull(),
        "amount": ~(rows["amount"] >= 0),
        "time": pd.to_datetime(rows["ordered_at"]) >= end,
    }).astype(bool)
    bad = faults.any(axis=1)
    copies = rows["order_id"].where(~bad).dropna().duplicated()
    surplus = copies.index[copies]
    rest = rows[~bad].drop(index=surplus)
    ratio = rest["amount"].mean() / history.loc[history.decision.eq("publish"), "average"].median()
    block = ["unit of amounts"] if ratio > 6 or ratio < 1 / 6 else []
    if (~rest["country"].isin(["US", "GB", "DE", "CA", "FR", "AU"])).any():
        warn.append("country")
    return {"block": block, "quarantine": sorted([*rows.index[bad], *surplus]), "warn": warn}

# %% other: severity decides, and an extra info expectation that always fails is ignored
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]
COUNTRIES = ["US", "GB", "DE", "CA", "FR", "AU"]
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


def failed(rows, *expectations):
    """The results of the expectations that do not hold for these rows."""
    suite = gx.ExpectationSuite(name="orders", expectations=list(expectations))
    batch = context.data_sources.pandas_default.read_dataframe(rows)
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
        gxe.ExpectTableRowCountToEqual(value=1, severity="info"),
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

# %% other: a checkpoint-like loop, one expectation after the other
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]
COUNTRIES = ["US", "GB", "DE", "CA", "FR", "AU"]
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


def failed(rows, *expectations):
    """The results of the expectations that do not hold for these rows."""
    batch = context.data_sources.pandas_default.read_dataframe(rows)
    seen = [batch.validate(e, result_format="COMPLETE") for e in expectations]
    return [result for result in seen if not result.success]


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

# %% other: works on its own copy that has other row labels
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]
COUNTRIES = ["US", "GB", "DE", "CA", "FR", "AU"]
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


def failed(rows, *expectations):
    """The results of the expectations that do not hold for these rows."""
    suite = gx.ExpectationSuite(name="orders", expectations=list(expectations))
    batch = context.data_sources.pandas_default.read_dataframe(rows)
    seen = batch.validate(suite, result_format="COMPLETE")
    return [result for result in seen.results if not result.success]


def names(results, severity):
    """What failed with that severity, in words."""
    told = [r.expectation_config for r in results]
    return [f"{c.type} {c.kwargs.get('column', '')}" for c in told if c.severity == severity]


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: what blocks it, which rows go, what to warn of."""
    rows = rows.copy()
    rows["country"] = rows["country"].astype("object") if "country" in rows else None
    rows = rows if "country" in rows.dropna(axis=1, how="all") or not len(rows) else rows.drop(columns="country")
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

# %% other: a tight but fair room around the usual average
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]
COUNTRIES = ["US", "GB", "DE", "CA", "FR", "AU"]
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


def failed(rows, *expectations):
    """The results of the expectations that do not hold for these rows."""
    suite = gx.ExpectationSuite(name="orders", expectations=list(expectations))
    batch = context.data_sources.pandas_default.read_dataframe(rows)
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
            column="amount", min_value=usual * 0.45, max_value=usual * 2.1
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

# %% other: three suites: frame, rows, remaining rows
import great_expectations as gx
import great_expectations.expectations as gxe
import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]
COUNTRIES = ["US", "GB", "DE", "CA", "FR", "AU"]
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


def failed(rows, *expectations):
    """The results of the expectations that do not hold for these rows."""
    suite = gx.ExpectationSuite(name="orders", expectations=list(expectations))
    batch = context.data_sources.pandas_default.read_dataframe(rows)
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

# %% other: boolean masks, early returns
import great_expectations as gx
import great_expectations.expectations as gxe

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: what blocks it, which rows go, what to warn of."""
    import pandas as pd

    report = {"block": [], "quarantine": [], "warn": []}
    expected = ["order_id", "ordered_at", "customer_id", "country", "amount"]
    further = [str(name) for name in rows.columns if name not in expected]
    if further:
        report["warn"].append("further columns: " + ", ".join(further))
    missing = [name for name in expected if name not in rows.columns]
    if missing:
        report["block"].append("columns missing: " + ", ".join(missing))
        return report
    if len(rows) == 0:
        report["block"].append("no rows")
        return report
    if rows["amount"].map(lambda value: isinstance(value, str)).any():
        report["block"].append("amount is text")
        return report

    amount = pd.to_numeric(rows["amount"])
    ordered = pd.to_datetime(rows["ordered_at"], errors="coerce", format="ISO8601")
    bad = rows["order_id"].isna() | amount.isna() | (amount < 0)
    if len(history):
        end = pd.Timestamp(history["day"].iloc[-1]) + pd.Timedelta(days=2)  # midnight after the day
        bad |= ordered >= end
    report["quarantine"] = [int(number) for number in rows.index[bad]]

    good = rows[~bad]
    if good.empty:
        report["block"].append("no sound rows")
        return report
    unknown = sorted(set(good["country"].dropna()) - {"US", "GB", "DE", "CA", "FR", "AU"})
    if unknown:
        report["warn"].append("new countries: " + ", ".join(unknown))
    if good["order_id"].duplicated().any():
        report["block"].append("an order_id stands twice")
    published = history[history["decision"] == "publish"]
    if len(published):
        usual = published["average"].median()
        average = amount[~bad].mean()
        if average >= 10 * usual or average <= usual / 10:
            report["block"].append(f"the average is {average:.2f}, usual is {usual:.2f}")
    return report

# %% other: Great Expectations for every rule, COMPLETE results
import great_expectations as gx
import great_expectations.expectations as gxe

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: what blocks it, which rows go, what to warn of."""
    import datetime as dt
    import pandas as pd

    block, warn, bad = [], [], set()
    names = ["order_id", "ordered_at", "customer_id", "country", "amount"]

    def ask(frame, expectation):
        """The numbers of the rows that fail, or None where all is well."""
        seen = context.data_sources.pandas_default.read_dataframe(frame).validate(
            expectation, result_format="COMPLETE")
        return None if seen.success else list(seen.result.get("unexpected_index_list") or [])

    for name in names:
        if ask(rows, gxe.ExpectColumnToExist(column=name)) is not None:
            block.append(f"{name} is not there")
    warn += [f"{name} is new" for name in rows.columns if name not in names]
    if ask(rows, gxe.ExpectTableRowCountToBeBetween(min_value=1)) is not None:
        block.append("no rows at all")
    if block:
        return {"block": block, "quarantine": [], "warn": warn}
    if any(isinstance(value, str) for value in rows["amount"]):
        return {"block": ["amounts are text"], "quarantine": [], "warn": warn}

    frame = rows.assign(amount=pd.to_numeric(rows["amount"]),
                        ordered_at=pd.to_datetime(rows["ordered_at"], errors="coerce", format="ISO8601"))
    asked = [gxe.ExpectColumnValuesToNotBeNull(column="order_id"),
             gxe.ExpectColumnValuesToNotBeNull(column="amount"),
             gxe.ExpectColumnValuesToBeBetween(column="amount", min_value=0)]
    if len(history):
        tomorrow = dt.datetime.fromisoformat(str(history["day"].iloc[-1])[:10]) + dt.timedelta(days=2)
        asked.append(gxe.ExpectColumnValuesToBeBetween(
            column="ordered_at", max_value=tomorrow, strict_max=True))
    for expectation in asked:
        bad.update(int(number) for number in ask(frame, expectation) or [])
    kept = frame.drop(index=sorted(bad)).reset_index(drop=True)
    if kept.empty:
        return {"block": ["nothing is left"], "quarantine": sorted(bad), "warn": warn}
    if ask(kept, gxe.ExpectColumnValuesToBeUnique(column="order_id")) is not None:
        block.append("an order_id is there twice")
    usual = history.loc[history["decision"].eq("publish"), "average"].median()
    if pd.notna(usual):
        inside = gxe.ExpectColumnMeanToBeBetween(
            column="amount", min_value=usual / 10, max_value=usual * 10, strict_min=True, strict_max=True)
        if ask(kept, inside) is not None:
            block.append("the average is out of scale")
    countries = gxe.ExpectColumnValuesToBeInSet(
        column="country", value_set=["US", "GB", "DE", "CA", "FR", "AU"])
    if ask(rows, countries) is not None:
        warn.append("a country that we do not know")
    return {"block": block, "quarantine": sorted(bad), "warn": warn}

# %% other: one plain loop over records; surplus copies go into quarantine
import great_expectations as gx
import great_expectations.expectations as gxe

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: what blocks it, which rows go, what to warn of."""
    import datetime as dt
    import statistics

    block, quarantine, warn = [], [], []
    five = {"order_id", "ordered_at", "customer_id", "country", "amount"}
    if five - set(rows.columns):
        block.append(f"not there: {sorted(five - set(rows.columns))}")
    if set(rows.columns) - five:
        warn.append(f"more than agreed: {sorted(map(str, set(rows.columns) - five))}")
    orders = rows.to_dict("records")
    if not orders:
        block.append("an empty delivery")
    if any(isinstance(order.get("amount"), str) for order in orders):
        block.append("amount came as text")
    if block:
        return {"block": block, "quarantine": quarantine, "warn": warn}

    past = history.to_dict("records")
    last = dt.date.fromisoformat(past[-1]["day"]) if past else dt.date.max - dt.timedelta(days=1)
    day = (last + dt.timedelta(days=1)).isoformat()
    seen, amounts, strange = set(), [], set()
    for number, order in enumerate(orders):
        key, amount = order["order_id"], order["amount"]
        lacks = any(value is None or value != value for value in (key, amount))
        if lacks or amount < 0 or str(order["ordered_at"] or "")[:10] > day or key in seen:
            quarantine.append(number)   # surplus copies go as well
            continue
        seen.add(key)
        amounts.append(float(amount))
        if isinstance(order["country"], str) and order["country"] not in ("US", "GB", "DE", "CA", "FR", "AU"):
            strange.add(order["country"])
    if strange:
        warn.append(f"unusual countries {sorted(strange)}")
    usual = [one["average"] for one in past if one["decision"] == "publish"]
    if not amounts:
        block.append("no row is sound")
    elif usual:
        ratio = (sum(amounts) / len(amounts)) / statistics.median(usual)
        if not 0.1 < ratio < 10:
            block.append(f"{ratio:.3g} times the usual average")
    return {"block": block, "quarantine": quarantine, "warn": warn}

# %% other: one loop over the rows, statistics and Counter; an order twice blocks
import great_expectations as gx
import great_expectations.expectations as gxe

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}

import datetime as dt
from collections import Counter
from statistics import fmean, median

FIVE = ["order_id", "ordered_at", "customer_id", "country", "amount"]
KNOWN = {"US", "GB", "DE", "CA", "FR", "AU"}


def missing(value):
    """None, NaN, NaT or pandas' NA."""
    return value is None or str(value) in ("nan", "NaT", "<NA>") and not isinstance(value, str)


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: what blocks it, which rows go, what to warn of."""
    report = {"block": [], "quarantine": [], "warn": []}
    gone = [name for name in FIVE if name not in rows.columns]
    if gone:
        report["block"].append(f"columns are not there: {', '.join(gone)}")
    if len(rows) == 0:
        report["block"].append("there are no rows")
    if report["block"]:
        return report
    amounts = rows["amount"].tolist()
    if any(isinstance(amount, str) for amount in amounts):
        report["block"].append("amount is text")
        return report

    days = [str(day)[:10] for day in history["day"]]
    next_day = None
    if days:  # the day of these rows is the one after the last
        next_day = (dt.date.fromisoformat(days[-1]) + dt.timedelta(days=2)).isoformat()
    remaining = []
    for number, (key, amount, moment) in enumerate(
            zip(rows["order_id"].tolist(), amounts, rows["ordered_at"].tolist())):
        late = next_day is not None and not missing(moment) and str(moment)[:10] >= next_day
        if missing(key) or missing(amount) or amount < 0 or late:
            report["quarantine"].append(number)
        else:
            remaining.append((key, amount))
    twice = [key for key, times in Counter(key for key, _ in remaining).items() if times > 1]
    if twice:
        report["block"].append(f"an order_id stands twice: {twice[:3]}")
    if not remaining:
        report["block"].append("no sound row is left")
    published = [average for average, decision in zip(history["average"], history["decision"])
                 if decision == "publish" and not missing(average)]
    if remaining and published:
        usual, average = median(published), fmean(amount for _, amount in remaining)
        if usual > 0 and not 0.1 * usual * (1 + 1e-9) < average < 10 * usual * (1 - 1e-9):
            report["block"].append(f"an order is {average:.2f} on average, usual is {usual:.2f}")
    for name in rows.columns:
        if name not in FIVE:
            report["warn"].append(f"a further column: {name}")
    for country in sorted({str(c) for c in rows["country"].tolist() if not missing(c)} - KNOWN):
        report["warn"].append(f"a new country: {country}")
    return report

# %% wrong: the last second of the day counts as after it -> good-row-taken
import great_expectations as gx
import great_expectations.expectations as gxe

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}

import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: masks of pandas, one for each sentence."""
    block, warn = [], []
    for name in COLUMNS:
        if name not in rows:
            block.append(f"{name} is not there")
    if rows.empty:
        block.append("no rows came")
    elif "amount" in rows and rows["amount"].map(type).eq(str).any():
        block.append("amount is text")
    if block:
        return {"block": block, "quarantine": [], "warn": []}

    amount = pd.to_numeric(rows["amount"])
    moment = pd.to_datetime(rows["ordered_at"], errors="coerce", format="ISO8601")
    bad = rows["order_id"].isna() | amount.isna() | (amount < 0).fillna(False)
    if len(history):
        end = pd.Timestamp(str(history["day"].iloc[-1])) + pd.Timedelta(days=2, seconds=-1)
        bad |= moment >= end
    good = ~bad.astype(bool)
    if rows.loc[good, "order_id"].duplicated().any():
        block.append("an order_id stands twice")
    usual = history.loc[history["decision"].eq("publish"), "average"].median()
    average = amount[good].mean()
    if not good.any():
        block.append("not one row is sound")
    elif usual > 0 and (average / usual >= 10 - 1e-9 or average / usual <= 0.1 + 1e-12):
        block.append(f"the average is {average / usual:.2f} times the usual one")

    warn += [f"column {name} is new" for name in rows.columns.difference(COLUMNS)]
    country = rows["country"].dropna()
    warn += [f"country {name} is new" for name in sorted(
        country[~country.isin(["US", "GB", "DE", "CA", "FR", "AU"])].astype(str).unique())]
    return {"block": block, "quarantine": [int(n) for n in (~good).to_numpy().nonzero()[0]], "warn": warn}

# %% wrong: the average is that of all rows, the bad ones too -> bad-row-blocks
import great_expectations as gx
import great_expectations.expectations as gxe

context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}

import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("expectations")
def validate(rows, history):
    """What is wrong with a day's rows: masks of pandas, one for each sentence."""
    block, warn = [], []
    for name in COLUMNS:
        if name not in rows:
            block.append(f"{name} is not there")
    if rows.empty:
        block.append("no rows came")
    elif "amount" in rows and rows["amount"].map(type).eq(str).any():
        block.append("amount is text")
    if block:
        return {"block": block, "quarantine": [], "warn": []}

    amount = pd.to_numeric(rows["amount"])
    moment = pd.to_datetime(rows["ordered_at"], errors="coerce", format="ISO8601")
    bad = rows["order_id"].isna() | amount.isna() | (amount < 0).fillna(False)
    if len(history):
        end = pd.Timestamp(str(history["day"].iloc[-1])) + pd.Timedelta(days=2)
        bad |= moment >= end
    good = ~bad.astype(bool)
    if rows.loc[good, "order_id"].duplicated().any():
        block.append("an order_id stands twice")
    usual = history.loc[history["decision"].eq("publish"), "average"].median()
    average = amount.mean()
    if not good.any():
        block.append("not one row is sound")
    elif usual > 0 and (average / usual >= 10 - 1e-9 or average / usual <= 0.1 + 1e-12):
        block.append(f"the average is {average / usual:.2f} times the usual one")

    warn += [f"column {name} is new" for name in rows.columns.difference(COLUMNS)]
    country = rows["country"].dropna()
    warn += [f"country {name} is new" for name in sorted(
        country[~country.isin(["US", "GB", "DE", "CA", "FR", "AU"])].astype(str).unique())]
    return {"block": block, "quarantine": [int(n) for n in (~good).to_numpy().nonzero()[0]], "warn": warn}
