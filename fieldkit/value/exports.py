"""Opens an export with DuckDB and recognises by its columns what it is an export of."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from fieldkit.errors import CannotRun

# What a file can be to blame for; other errors of the engine are our own.
UNREADABLE = (
    duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException,
    duckdb.OutOfMemoryException, duckdb.OutOfRangeException, duckdb.SerializationException,
)  # fmt: skip
LINE = 64 * 2**20  # bytes of the longest row: query texts can be long
LISTED = 8  # columns that one line names


@dataclass(frozen=True)
class Format:
    """One kind of export. `needs`: of each group one column has to be there.

    `reads`: the columns that are used; `documented`: what else its makers say it has.
    """

    name: str
    kind: str
    needs: tuple[tuple[str, ...], ...]
    reads: frozenset[str]
    documented: frozenset[str] = frozenset()

    def lacks(self, columns: set[str]) -> list[str]:
        """The needed columns that are not there."""
        return [" or ".join(group) for group in self.needs if not columns & set(group)]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


FORMATS = (
    Format(
        "BigQuery INFORMATION_SCHEMA.JOBS", "bigquery",
        (("creation_time",), ("user_email", "principal_subject"), ("referenced_tables",)),
        _words("job_id creation_time user_email principal_subject statement_type project_id "
               "referenced_tables destination_table total_bytes_billed total_slot_ms cost_cents "
               "cost currency cache_hit error_result job_type"),
        _words("bi_engine_statistics creation_date dml_statistics edition end_time "
               "folder_numbers job_creation_reason job_stages labels location "
               "materialized_view_statistics metadata_cache_statistics parent_job_id priority "
               "project_number query query_dialect query_info query_hashes reservation_id "
               "reservation_group_path search_statistics session_info start_time state timeline "
               "total_bytes_processed total_modified_partitions total_services_sku_slot_ms "
               "transaction_id transferred_bytes vector_search_statistics "
               "continuous_query_info"),
    ),
    Format(
        "Snowflake ACCESS_HISTORY", "access",
        (("query_id",), ("query_start_time",), ("user_name",),
         ("base_objects_accessed", "direct_objects_accessed")),
        _words("query_id query_start_time user_name direct_objects_accessed base_objects_accessed "
               "objects_modified"),
        _words("object_modified_by_ddl policies_referenced parent_query_id root_query_id "
               "organization_name account_name account_locator region"),
    ),
    Format(
        "Snowflake QUERY_HISTORY", "history",
        (("query_id",), ("start_time",), ("execution_time", "total_elapsed_time", "end_time"),
         ("warehouse_name", "warehouse_id")),
        _words("query_id start_time end_time execution_time total_elapsed_time warehouse_name "
               "warehouse_id user_name execution_status error_code"),
        _words("query_text query_type database_id database_name schema_id schema_name session_id "
               "role_name role_type warehouse_size warehouse_type cluster_number query_tag "
               "error_message bytes_scanned bytes_written "
               "percentage_scanned_from_cache bytes_written_to_result bytes_read_from_result "
               "rows_produced rows_inserted rows_updated rows_deleted rows_unloaded bytes_deleted "
               "rows_written_to_result partitions_scanned partitions_total "
               "bytes_spilled_to_local_storage bytes_spilled_to_remote_storage "
               "bytes_sent_over_the_network compilation_time queued_provisioning_time "
               "queued_repair_time queued_overload_time transaction_blocked_time transaction_id "
               "outbound_data_transfer_cloud outbound_data_transfer_region "
               "outbound_data_transfer_bytes inbound_data_transfer_cloud "
               "inbound_data_transfer_region inbound_data_transfer_bytes list_external_files_time "
               "credits_used_cloud_services release_version query_load_percent "
               "external_function_total_invocations external_function_total_sent_rows "
               "external_function_total_received_rows external_function_total_sent_bytes "
               "external_function_total_received_bytes is_client_generated_statement "
               "query_acceleration_bytes_scanned query_acceleration_partitions_scanned "
               "query_acceleration_upper_limit_scale_factor query_hash query_hash_version "
               "query_parameterized_hash query_parameterized_hash_version query_retry_time "
               "query_retry_cause fault_handling_time child_queries_wait_time "
               "secondary_role_stats user_type user_database_name user_database_id "
               "user_schema_name user_schema_id bind_values organization_name account_name "
               "account_locator"),
    ),
    Format(
        "Snowflake WAREHOUSE_METERING_HISTORY", "metering",
        (("start_time",), ("warehouse_name", "warehouse_id"), ("credits_used",)),
        _words("start_time end_time warehouse_name warehouse_id credits_used"),
        _words("credits_used_compute credits_used_cloud_services organization_name account_name "
               "credits_attributed_compute_queries account_locator region service_type"),
    ),
    Format(
        "Snowflake QUERY_ATTRIBUTION_HISTORY", "attribution",
        (("query_id",), ("credits_attributed_compute",)),
        _words("query_id credits_attributed_compute credits_used_query_acceleration start_time"),
        _words("parent_query_id root_query_id warehouse_id warehouse_name query_hash end_time "
               "query_parameterized_hash query_tag user_name"),
    ),
    Format(
        "Databricks system.access.table_lineage", "dbx_lineage",
        (("source_table_full_name",), ("target_table_full_name",), ("event_time",)),
        _words("source_table_full_name target_table_full_name event_time created_by entity_type "
               "entity_id entity_metadata event_id record_id"),
        _words("account_id metastore_id workspace_id entity_run_id source_table_catalog "
               "source_table_schema source_table_name source_path source_type "
               "target_table_catalog target_table_schema target_table_name target_path "
               "target_type event_date statement_id direct_access"),
    ),
    Format(
        "Databricks system.billing.usage", "dbx_usage",
        (("sku_name",), ("usage_quantity",), ("usage_start_time", "usage_date")),
        _words("record_id sku_name usage_start_time usage_date usage_quantity usage_metadata "
               "record_type usage_unit"),
        _words("account_id workspace_id cloud usage_end_time custom_tags identity_metadata "
               "ingestion_date billing_origin_product product_features usage_type"),
    ),
    Format(
        "Databricks system.billing.list_prices", "dbx_prices",
        (("sku_name",), ("pricing",), ("price_start_time",)),
        _words("sku_name pricing price_start_time price_end_time currency_code usage_unit"),
        _words("account_id cloud"),
    ),
)  # fmt: skip


@dataclass
class Export:
    """An open export: its file, what it is, and a relation in SQL whose columns are all text."""

    path: Path
    columns: set[str]
    relation: str
    format: Format | None = None
    renamed: dict[str, str] = field(default_factory=dict)
    first: int = 1  # the number of the first row of data: in a CSV row 1 is the header

    @property
    def name(self) -> str:
        """The file as messages name it."""
        return str(self.path)

    def column(self, *names: str) -> str:
        """The first of these columns that is there, in SQL; NULL as text where none is."""
        found = [f'"{self.renamed.get(name, name)}"' for name in names if name in self.columns]
        return f"coalesce({', '.join(found)})" if found else "null::varchar"


def engine(scratch: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB in bounded memory, in UTC; what does not fit goes to `scratch`."""
    con = duckdb.connect(
        config={
            "memory_limit": "600MB", "threads": 2, "temp_directory": str(scratch),
            "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
        }
    )  # fmt: skip
    con.execute("set enable_progress_bar = false")
    con.execute("set TimeZone = 'UTC'")
    return con


def opened(con: duckdb.DuckDBPyConnection, path: Path) -> Export:
    """Open a file of rows: CSV, JSON, JSON lines, parquet, also gzipped; raises CannotRun."""
    if path.is_dir():
        raise CannotRun(f"{path}: is a folder; name an export in it")
    if not path.is_file():
        raise CannotRun(f"{path}: there is no such file; name an export")
    if not path.stat().st_size:
        raise CannotRun(f"{path}: is empty; export it again")
    try:
        kind = _kind(path)
        if kind != "parquet":
            _head(path).decode("utf-8")
        return _OPEN[kind](con, path)
    except UnicodeDecodeError:
        raise CannotRun(f"{path}: is not text in UTF-8; save it as UTF-8") from None
    except (OSError, EOFError) as error:
        raise CannotRun(f"{path}: cannot be read ({error}); export it again") from None
    except UNREADABLE as error:
        raise unreadable(path, error) from None


def unreadable(path: Path, error: Exception) -> CannotRun:
    """What the engine could not read, without what it quotes of the data."""
    text = str(error)
    at = re.search(r"\b[Ll]ine:? (\d+)", text)
    where = f"{path} line {at[1]}" if at else f"{path}"
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", text)
    if cells:
        return CannotRun(
            f"{where}: has {cells[2]} cells, the header {cells[1]}; put text that holds a comma or "
            "a quote between quotes"
        )
    if "utf" in text.lower() or "unicode" in text.lower():
        return CannotRun(f"{where}: is not text in UTF-8; save it as UTF-8")
    if "memory" in text.lower():
        return CannotRun(f"{where}: needs more than 600 MB of memory; split it by months")
    kind = type(error).__name__.removesuffix("Exception")
    return CannotRun(f"{where}: cannot be read ({kind}); look at its quotes, or export it again")


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return "parquet"
    return "json" if name.endswith((".json", ".jsonl", ".ndjson")) else "csv"


def text_of(value: object) -> str:
    """A text as a literal in SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def _csv(con: duckdb.DuckDBPyConnection, path: Path) -> Export:
    mark = _delimiter(path)
    header = next(csv.reader([_head(path).decode("utf-8-sig")], delimiter=mark), [])
    if any("@" in name or name.strip()[:1].isdigit() for name in header):
        raise CannotRun(f"{path} row 1: is not a header; export it with the names of columns")
    names: list[str] = []
    for name in header:
        names.append(name.strip() + ("_again" if name.strip() in names else ""))
    if len(set(names)) < len(names) or not all(names):
        raise CannotRun(f"{path} row 1: has a column without a name, or one three times; mend it")
    # All is given, so that nothing is guessed from a sample: an error then names its line.
    columns = ", ".join(f"{text_of(name)}: 'VARCHAR'" for name in names)
    relation = (
        f"read_csv({text_of(path)}, auto_detect=false, header=true, columns={{{columns}}}, "
        f"delim={text_of(mark)}, quote='\"', escape='\"', max_line_size={LINE}, "
        f"buffer_size={LINE * 2})"
    )
    export = _named(path, names, relation)
    export.first = 2
    return export


def _delimiter(path: Path) -> str:
    """What separates the columns of a CSV, by its first line."""
    first = re.sub(rb'"[^"]*"', b"", _head(path))
    return max(",;\t|", key=lambda mark: (first.count(mark.encode()), mark == ","))


def _head(path: Path) -> bytes:
    """The first line of a text, at most a MiB of it."""
    import gzip

    zipped = path.name.lower().endswith(".gz")
    with gzip.open(path, "rb") if zipped else path.open("rb") as file:
        return file.readline(2**20)


def _json(con: duckdb.DuckDBPyConnection, path: Path) -> Export:
    rows = f"read_json_objects({text_of(path)}, format='auto', maximum_object_size={LINE})"
    keys = con.execute(
        f"select distinct unnest(json_keys(json)) as name from (select json from {rows} limit "
        "2000) order by name"
    ).fetchall()
    names = [name for (name,) in keys]
    picked = ", ".join(
        f"json_extract_string(json, {text_of(_step(name))}) as {_quoted(name)}" for name in names
    )
    return _named(path, names, f"(select {picked or 'null as nothing'} from {rows})")


def _step(name: str) -> str:
    return '$."' + name.replace('"', '\\"') + '"'


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _parquet(con: duckdb.DuckDBPyConnection, path: Path) -> Export:
    source = f"read_parquet({text_of(path)})"
    described = _describe(con, source)
    picked = ", ".join(f"{_as_text(name, kind)} as {_quoted(name)}" for name, kind in described)
    return _named(path, [name for name, _ in described], f"(select {picked} from {source})")


def _as_text(name: str, kind: str) -> str:
    column = _quoted(name)
    if kind.startswith("TIMESTAMP WITH TIME ZONE"):
        return f"strftime(make_timestamp(epoch_us({column})), '%Y-%m-%dT%H:%M:%S.%fZ')"
    if re.match(r".*\]$|STRUCT|MAP|UNION|VARIANT", kind, re.DOTALL):
        return f"to_json({column})::varchar"
    return f"{column}::varchar"


def _describe(con: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    rows = con.execute(f"describe select * from {relation}").fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


def _named(path: Path, names: Sequence[str], relation: str) -> Export:
    """Columns by their lower-case names: Snowflake exports them in upper case."""
    renamed = {name.strip().lstrip("\ufeff").lower(): name for name in names}
    return Export(path, set(renamed), relation, None, renamed)


_OPEN: Mapping[str, Callable[[duckdb.DuckDBPyConnection, Path], Export]] = {
    "json": _json,
    "parquet": _parquet,
    "csv": _csv,
}


def recognised(export: Export) -> Export:
    """The export with its format; raises CannotRun with the nearest one where none fits."""
    fitting = [one for one in FORMATS if not one.lacks(export.columns)]
    if fitting:
        export.format = max(
            fitting, key=lambda one: len(export.columns & (one.reads | one.documented))
        )
        return export
    near = max(FORMATS, key=lambda one: len(export.columns & (one.reads | one.documented)))
    has = ", ".join(sorted(export.columns)[:LISTED])
    if not export.columns & near.reads:
        raise CannotRun(
            f"{export.name} row 1: is not an export that is known; its columns are {has}; "
            "there are: " + ", ".join(one.name for one in FORMATS)
        )
    lacks = ", ".join(near.lacks(export.columns))
    raise CannotRun(
        f"{export.name} row 1: looks like {near.name}, but has no column {lacks}; export it again "
        "with that column"
    )


def unknown_columns(export: Export) -> str:
    """A line that names the columns of which nothing is known; "" where there are none."""
    if not export.format:
        return ""
    strange = sorted(export.columns - export.format.reads - export.format.documented)
    if not strange:
        return ""
    more = f" and {len(strange) - LISTED} more" if len(strange) > LISTED else ""
    named = ", ".join(strange[:LISTED]) + more
    return f"{export.name} row 1: not read, not a column of {export.format.name}: {named}."
