"""Settings that the meaning of our statements depends on, sent with each: no profile of a user decides them.

They were found by turning over each of the engine's settings under the statements that we send. What only makes a
statement slower, or refuses it (limits of rows, of memory, of time), is left to whoever runs the server.
"""

from collections.abc import Mapping
from typing import Final

OVERFLOWS: Final = (*("distinct", "group_by", "join", "read", "result", "set", "sort", "timeout", "transfer"),)

PINNED: Final[Mapping[str, str | int]] = {
    # Another version's defaults would change many of those below, and others.
    "compatibility": "",
    # The zone of times that name none: in functions such as now() and toDateTime(), in texts, in results.
    "session_timezone": "UTC",
    "enable_extended_results_for_datetime_functions": 0,
    # The language: names, aliases, joins and unions mean what they do in the analyzer.
    "enable_analyzer": 1,
    "prefer_column_name_to_alias": 0,
    "enable_positional_arguments": 1,
    "join_algorithm": "direct,parallel_hash,hash,ie_join",  # full_sorting_merge takes null for unequal to null
    "join_default_strictness": "ALL",
    "join_use_nulls": 0,
    "union_default_mode": "",
    "transform_null_in": 0,
    "group_by_use_nulls": 0,
    "cast_keep_nullable": 0,
    "asterisk_include_materialized_columns": 0,
    "asterisk_include_alias_columns": 0,
    "asterisk_include_virtual_columns": 0,
    # No rows: a count is 0, and one row.
    "aggregate_functions_null_for_empty": 0,
    "empty_result_for_aggregation_by_empty_set": 0,
    # Sums are right, or an error.
    "decimal_check_overflow": 1,
    # All rows, and those alone, that a statement asks for; at a limit an error, never a part of the answer.
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
    # What is there now, read here and not put together from replicas of which one may lag.
    "use_query_cache": 0,
    "enable_parallel_replicas": 0,
    # An index may help, but none is demanded.
    "force_index_by_date": 0,
    "force_primary_key": 0,
    "force_optimize_projection": 0,
    # Tables are as their DDL says.
    "data_type_default_nullable": 0,
    # The client finds out columns by DESCRIBE.
    "describe_compact_output": 0,
    "describe_include_subcolumns": 0,
    "describe_include_virtual_columns": 0,
    # An insert is one batch, answered when it is stored, however often the same rows come.
    "async_insert": 0,
    "implicit_transaction": 0,
    "insert_deduplication_token": "",
    # An export is one new object with the types of its columns.
    "s3_truncate_on_insert": 0,
    "s3_create_new_file_on_insert": 0,
    "output_format_parquet_datetime_as_uint32": 0,
    "output_format_parquet_string_as_string": 1,
}
