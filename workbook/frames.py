"""Data frames on their way between processes: parquet through DuckDB, whole numbers kept whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


def from_relation(relation: duckdb.DuckDBPyRelation) -> pd.DataFrame:
    """Return the relation's rows as a frame whose integer columns are nullable (Int64, Int32 …).

    DuckDB's own `.df()` makes floats of integers as soon as one value is NULL.
    """
    import numpy as np
    import pandas as pd

    frame = relation.df()
    if not any(frame[name].dtype.kind == "f" for name in frame.columns):
        whole = [name for name in frame.columns if frame[name].dtype.kind in "iu"]
        return frame.astype({name: _nullable(frame[name].dtype) for name in whole})
    for name, values in relation.fetchnumpy().items():
        data = np.ma.getdata(values)
        if data.dtype.kind in "iu":
            mask = np.ma.getmaskarray(values)
            frame[name] = pd.array(pd.arrays.IntegerArray(data.copy(), mask.copy()))
    return frame


def _nullable(dtype: Any) -> str:
    return str(dtype).replace("uint", "UInt").replace("int", "Int").replace("UInt", "UInt")


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame to a parquet file."""
    import duckdb

    with duckdb.connect(config={"threads": 1}) as con:
        con.register("outgoing", frame)
        con.table("outgoing").write_parquet(str(path))


def empty() -> pd.DataFrame:
    """A frame without columns, which parquet has no form for."""
    import pandas as pd

    return pd.DataFrame()


def read(path: Path) -> pd.DataFrame:
    """Read a parquet file that `write` made."""
    import duckdb

    with duckdb.connect(config={"threads": 1}) as con:
        return from_relation(con.read_parquet(str(path)))
