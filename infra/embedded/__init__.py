"""Real engines for `anlyt dev`, tests and benchmarks: NATS, PostgreSQL, ClickHouse and S3, each with its own folder.

    async with postgres_server(folder) as engine: ...    # also nats_server, clickhouse_server, s3_server
    async with stack(folder) as running: ...             # the first three, or some of them

Each engine is a process under a keeper (keeper.py), which ends it when its owner is gone. A Recipe (recipe.py) has what
differs between engines; engine.py has the life cycle that all share.
"""
