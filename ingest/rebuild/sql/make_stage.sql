-- Makes the tables that a rebuild counts into: like the live ones, but without partitions. Unlogged, because a rebuild
-- whose connection breaks is begun again.
create schema anlyt_rebuild
    create unlogged table processed_events (like anlyt.processed_events including all)
    create unlogged table metrics_hourly (like anlyt.metrics_hourly including all)
    create unlogged table costs_hourly (like anlyt.costs_hourly including all)
    create unlogged table accounts (like anlyt.accounts including all)
