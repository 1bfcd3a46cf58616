-- Counts and sums of delivery reports by day: a reader of many days meets few rows, and no digest. The pipeline `cubes`
-- computes the days of hourly cells again, whole, from cube_dlr_hourly. Read it with FINAL.
create table if not exists anlyt.cube_dlr_daily (
    tenant_id LowCardinality(String),
    day DateTime('UTC') codec(Delta, ZSTD), -- its first second
    mno LowCardinality(String),
    lane LowCardinality(String),
    direction LowCardinality(String),
    status LowCardinality(String),
    messages UInt64 codec(T64, ZSTD), -- delivery reports
    latency_count UInt64 codec(T64, ZSTD), -- terminal ones: these three are about them only
    latency_sum UInt64 codec(T64, ZSTD), -- milliseconds
    esme_errors UInt64 codec(T64, ZSTD), -- with an error code
    max_tps UInt32 codec(T64, ZSTD),
    ver UInt64 codec(Delta, ZSTD),
    is_deleted UInt8 codec(ZSTD)
)
engine = ReplacingMergeTree(ver, is_deleted)
partition by toYYYYMM(day)
order by (tenant_id, day, mno, lane, direction, status)
primary key (tenant_id, day)
settings fsync_after_insert = 1;

-- What a database already has by the hour: nobody may read an empty table. The lowest version: whatever a run computes
-- replaces it, and so does doing this step again.
insert into anlyt.cube_dlr_daily
select
    tenant_id,
    toStartOfDay(hour) as day,
    mno,
    lane,
    direction,
    status,
    sum(messages),
    sum(latency_count),
    sum(latency_sum),
    sum(esme_errors),
    max(max_tps),
    1,
    0
from anlyt.cube_dlr_hourly final
group by tenant_id, day, mno, lane, direction, status
settings max_partitions_per_insert_block = 0;

insert into anlyt.data_as_of
select 'cube_dlr_daily', max(newest_event_at) from anlyt.data_as_of where cube = 'cube_dlr_hourly' having count() > 0;

-- A run of an older version may be computing hours meanwhile, and knows of no days: all are computed once more.
insert into anlyt.dirty (cube, tenant_id, hour)
select distinct 'cube_dlr_daily', tenant_id, toStartOfDay(hour) from anlyt.cube_dlr_hourly final
union distinct
select distinct 'cube_dlr_daily', tenant_id, toStartOfDay(hour) from anlyt.dirty where cube = 'cube_dlr_hourly';
