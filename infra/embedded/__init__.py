"""Real engines for `anlyt dev`, tests and benches: NATS, PostgreSQL, ClickHouse and S3, each in a folder.

    async with postgres_server(folder) as engine: ...    # also nats_server, clickhouse_server, s3_server
    async with stack(folder) as running: ...             # all three, or only some

Every engine is a process of its own under a keeper (keeper.py), which ends it when its owner is gone. What the kinds
differ in is a Recipe (recipe.py); the rest of an engine's life is the same for all (engine.py).
"""
