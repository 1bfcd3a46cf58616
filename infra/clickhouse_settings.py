"""ClickHouse settings that change the meaning of our statements. Each statement sends them, so no profile decides them.

They were found by changing each of the engine's settings under our statements. Settings that only make a statement
slower, or refuse it (limits on rows, memory, time), are left to the server's operator.
"""

from collections.abc import Mapping
from typing import Final

OVERFLOWS: Final = ("distinct", "group_by", "join", "read", "result", "set", "sort", "timeout", "transfer")

PINNED: Final[Mapping[str, str | int]] = {
    # The defaults of another version would change many settings, those below included.
    "compatibility": "",
    # The zone of times without one: in functions such as now() and toDateTime(), in literals, in results.
    "session_timezone": "UTC",
    "enable_extended_results_for_datetime_functions": 0,
    # The language: names, aliases, joins and unions have the analyzer's meaning.
    "enable_analyzer": 1,
    "prefer_column_name_to_alias": 0,
    "enable_positional_arguments": 1,
    "join_algorithm": "direct,parallel_hash,hash,ie_join",  # full_sorting_merge does not match null with null
    "join_default_strictness": "ALL",
    "join_use_nulls": 0,
    "union_default_mode": "",
    "transform_null_in": 0,
    "group_by_use_nulls": 0,
    "cast_keep_nullable": 0,
    "asterisk_include_materialized_columns": 0,
    "asterisk_include_alias_columns": 0,
    "asterisk_include_virtual_columns": 0,
    # Without input rows, a count is one row with 0.
    "aggregate_functions_null_for_empty": 0,
    "empty_result_for_aggregation_by_empty_set": 0,
    # A sum that overflows is an error.
    "decimal_check_overflow": 1,
    # A statement returns exactly the rows that it selects; a limit raises an error and never truncates.
    "limit": 0,
    "final": 0,
    "extremes": 0,
    "apply_deleted_mask": 1,
    "additional_table_filters": "{}",
    "additional_result_filter": "",
    "partial_result_on_first_cancel": 0,
    **{f"{what}_overflow_mode": "throw" for what in OVERFLOWS},
    "read_overflow_mode_leaf": "throw",
    "timeout_overflow_mode_leaf": "throw",
    # Reads come from this server's current data: neither from a cache nor from replicas that may lag.
    "use_query_cache": 0,
    "enable_parallel_replicas": 0,
    # No index is required.
    "force_index_by_date": 0,
    "force_primary_key": 0,
    "force_optimize_projection": 0,
    # The DDL alone decides which columns are nullable.
    "data_type_default_nullable": 0,
    # The client reads the columns with DESCRIBE.
    "describe_compact_output": 0,
    "describe_include_subcolumns": 0,
    "describe_include_virtual_columns": 0,
    # An insert is one batch, acknowledged when it is stored, also if the same rows were inserted before.
    "async_insert": 0,
    "implicit_transaction": 0,
    "insert_deduplication_token": "",
    # An export is one new object, and keeps its columns' types.
    "s3_truncate_on_insert": 0,
    "s3_create_new_file_on_insert": 0,
    "output_format_parquet_datetime_as_uint32": 0,
    "output_format_parquet_string_as_string": 1,
}
