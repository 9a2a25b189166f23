"""Data frames on their way between processes: parquet through DuckDB, whole numbers kept whole.

What a judge sends is pickled: a tenth of the time, and exactly what an answer on the page gets. A
judge reads parquet only, since a pickle is a program.
"""

from __future__ import annotations

import functools
import pickle
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


@functools.cache
def _instance() -> duckdb.DuckDBPyConnection:
    """One DuckDB for all frames of this process: opening one takes longer than a frame does."""
    import duckdb

    return duckdb.connect(config={"threads": 1})


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame to a parquet file."""
    with _instance().cursor() as con:
        con.register("outgoing", frame)
        con.table("outgoing").write_parquet(str(path))


def keep(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame as it is; only `kept` reads it, and only what the judge wrote."""
    with path.open("wb") as file:
        pickle.dump(frame, file, protocol=pickle.HIGHEST_PROTOCOL)


def kept(path: Path) -> pd.DataFrame:
    """Read a frame that `keep` wrote; never for a judge."""
    with path.open("rb") as file:
        frame: pd.DataFrame = pickle.load(file)
    return frame


def empty() -> pd.DataFrame:
    """A frame without columns, which parquet has no form for."""
    import pandas as pd

    return pd.DataFrame()


def read(path: Path, most: int = 0) -> pd.DataFrame:
    """Read a parquet file that `write` made; raises ValueError where it has more rows than `most`.

    A few bytes can stand for as many rows as one likes.
    """
    with _instance().cursor() as con:
        relation = con.read_parquet(str(path))
        if most and len(relation) > most:
            raise ValueError(f"more than {most} rows")
        return from_relation(relation)
