"""The schemas of the charts' values: `kubernetes` has what both use, `service` and `clickhouse` are one per chart."""
