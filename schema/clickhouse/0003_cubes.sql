-- Cubes: the facts of an hour or a day added up. The pipeline `cubes` computes whole cells again from deduplicated facts.
--
-- Read them with FINAL. A cell that was computed again replaces itself (`ver` grows); one that no longer has any fact
-- is replaced by a row with is_deleted = 1, which FINAL hides.
--
-- The key starts like that of the facts, and months are partitions: a cube is small, and its cells never leave a month.
create table if not exists anlyt.cube_dlr_hourly (
    tenant_id LowCardinality(String),
    hour DateTime('UTC') codec(Delta, ZSTD),
    mno LowCardinality(String),
    lane LowCardinality(String),
    direction LowCardinality(String),
    status LowCardinality(String),
    messages UInt64 codec(T64, ZSTD), -- delivery reports
    latency_count UInt64 codec(T64, ZSTD), -- terminal ones: these three are about them only
    latency_sum UInt64 codec(T64, ZSTD), -- milliseconds
    esme_errors UInt64 codec(T64, ZSTD), -- with an error code
    max_tps UInt32 codec(T64, ZSTD),
    latency_digest AggregateFunction(quantilesTDigest(0.5, 0.95, 0.99), UInt32) codec(ZSTD(3)), -- of terminal ones
    ver UInt64 codec(Delta, ZSTD),
    is_deleted UInt8 codec(ZSTD)
)
engine = ReplacingMergeTree(ver, is_deleted)
partition by toYYYYMM(hour)
order by (tenant_id, hour, mno, lane, direction, status)
primary key (tenant_id, hour)
settings fsync_after_insert = 1;

create table if not exists anlyt.cube_cdr_daily (
    tenant_id LowCardinality(String),
    day DateTime('UTC') codec(Delta, ZSTD), -- its first second
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
partition by toYYYYMM(day)
order by (tenant_id, day, mno, lane, direction, status, currency)
primary key (tenant_id, day)
settings fsync_after_insert = 1;

create table if not exists anlyt.cube_compliance_hourly (
    tenant_id LowCardinality(String),
    hour DateTime('UTC') codec(Delta, ZSTD),
    mno LowCardinality(String),
    lane LowCardinality(String),
    verdict LowCardinality(String),
    evaluations UInt64 codec(T64, ZSTD),
    latency_sum UInt64 codec(T64, ZSTD), -- milliseconds that evaluating took
    ver UInt64 codec(Delta, ZSTD),
    is_deleted UInt8 codec(ZSTD)
)
engine = ReplacingMergeTree(ver, is_deleted)
partition by toYYYYMM(hour)
order by (tenant_id, hour, mno, lane, verdict)
primary key (tenant_id, hour)
settings fsync_after_insert = 1;

-- Newest event time whose effect is in a cube. (A fact table tells by max(event_time), which its parts know.)
create table if not exists anlyt.data_as_of (
    cube LowCardinality(String),
    newest_event_at SimpleAggregateFunction(max, DateTime64(6, 'UTC'))
)
engine = AggregatingMergeTree
order by cube
settings fsync_after_insert = 1;
