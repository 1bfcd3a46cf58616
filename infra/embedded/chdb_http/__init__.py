"""chDB, the ClickHouse engine as a library, behind the ClickHouse HTTP interface.

A process can host one chDB, and chDB opens no port, so this is a server of its own (`python -m`). The unmodified
clickhouse-connect is its client, as for ClickHouse itself. It does not support users and passwords, sessions (`SET` and
temporary tables that outlive a request), or external data tables.
"""
