"""The pages of a query as one table of pyarrow, pandas or polars. Each library is imported at its first use."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from anlyt_client.queries import ArrowPage

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


def to_arrow(pages: Sequence[ArrowPage]) -> "pyarrow.Table":
    """One table of all pages. Times and money are text, as in JSON."""
    import pyarrow

    tables = [pyarrow.ipc.open_stream(each.stream).read_all().replace_schema_metadata(None) for each in pages]
    return pyarrow.concat_tables(tables)


def to_pandas(pages: Sequence[ArrowPage]) -> "pandas.DataFrame":
    """One frame of all pages, in Arrow's types: a whole number stays one where others are null."""
    import pandas

    return to_arrow(pages).to_pandas(types_mapper=pandas.ArrowDtype)


def to_polars(pages: Sequence[ArrowPage]) -> "polars.DataFrame":
    """One frame of all pages."""
    import polars

    return polars.concat([polars.read_ipc_stream(io.BytesIO(each.stream)) for each in pages])
