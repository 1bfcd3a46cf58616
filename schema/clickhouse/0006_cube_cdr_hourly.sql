-- Call detail records by hour: what the days of cube_cdr_daily are made of, and what answers for hours, for days of other
-- time zones, and for windows that cut through a day. The pipeline `cubes` computes it from facts. Read it with FINAL.
create table if not exists anlyt.cube_cdr_hourly (
    tenant_id LowCardinality(String),
    hour DateTime('UTC') codec(Delta, ZSTD),
    mno LowCardinality(String),
    lane LowCardinality(String),
    direction LowCardinality(String),
    status LowCardinality(String),
    currency LowCardinality(String),
    records UInt64 codec(T64, ZSTD),
    segments UInt64 codec(T64, ZSTD),
    cost Decimal(38, 6) codec(ZSTD), -- in that currency
    ver UInt64 codec(Delta, ZSTD),
    is_deleted UInt8 codec(ZSTD)
)
engine = ReplacingMergeTree(ver, is_deleted)
partition by toYYYYMM(hour)
order by (tenant_id, hour, mno, lane, direction, status, currency)
primary key (tenant_id, hour)
settings fsync_after_insert = 1;

-- A pipeline of an older version computes days from facts, and would take away marks that hours need, too. It knows no such
-- cube, so it stops at this mark, which is nobody's; but for the run that is under way now.
insert into anlyt.dirty (cube, tenant_id, hour)
select 'cube_cdr_hourly', '', toStartOfHour(now('UTC'));

-- Read before the facts are, which have what the days have. Nobody reads the hours before this step is done.
insert into anlyt.data_as_of
select 'cube_cdr_hourly', max(newest_event_at) from anlyt.data_as_of where cube = 'cube_cdr_daily' having count() > 0;

-- All hours that there are: a day is computed from its hours, so none may lack. The lowest version: whatever a run computes
-- replaces it, and so does doing this step again.
insert into anlyt.cube_cdr_hourly
select
    tenant_id,
    toStartOfHour(event_time) as hour,
    mno,
    lane,
    direction,
    status,
    currency,
    count(),
    sum(segment_count),
    sum(charge_amount),
    1,
    0
from anlyt.facts_cdr final
group by tenant_id, hour, mno, lane, direction, status, currency
settings max_partitions_per_insert_block = 0;

-- The run that was under way may have computed a day with facts that came after the hours were: all hours of every day that
-- it can have met, those with marks and those computed since yesterday, are computed once more.
insert into anlyt.dirty (cube, tenant_id, hour)
select distinct 'cube_cdr_hourly', tenant_id, day + toIntervalHour(arrayJoin(range(24))) from (
    select tenant_id, toStartOfDay(hour) as day from anlyt.dirty where cube = 'cube_cdr_daily'
    union all
    select tenant_id, day from anlyt.cube_cdr_daily
    where ver >= 2 * toUnixTimestamp64Micro(now64(6) - toIntervalDay(1))
);
