"""chDB, the ClickHouse engine as a library, behind the ClickHouse HTTP interface.

One process can host one chDB, and chDB itself opens no port; so this is a server of its own (`python -m`), for which
the unmodified clickhouse-connect is the client, as for ClickHouse itself. What it leaves out: users and passwords,
sessions (`SET` and temporary tables that outlive a request), external data tables.
"""
