-- One row an event, and what the cubes have to compute again.
--
-- A redelivered event replaces itself: rows of equal sort key are one fact, and FINAL shows one of them. `ver` counts
-- down from the instant at which the stream stored the event, so that of two publications the first one stays,
-- whichever is written or merged last; a redelivery has the same `ver`, and the same columns.
--
-- event_key is 64 bits of a hash of the event's id. It only tells apart events of one tenant at one microsecond. With
-- 7e9 facts a month and the busiest tenant at 480 a second, whose producer knows no fractions of a second, that are
-- 3e11 pairs a month: one collision in 60 million months. 128 bits would add eight bytes, incompressible, to fourteen.
--
-- The key starts with the tenant, which every query names, then the time, which nearly every query bounds: with the
-- time in the key and days as partitions, FINAL never compares rows of different days.
--
-- A step that was killed half-way runs again, so everything here is "if not exists".
create table if not exists anlyt.facts_dlr (
    tenant_id LowCardinality(String),
    event_time DateTime64(6, 'UTC') codec(Delta, ZSTD),
    event_key UInt64 codec(NONE), -- random bits: nothing makes them smaller
    account_id LowCardinality(String),
    operator_id LowCardinality(String),
    mno LowCardinality(String),
    lane LowCardinality(String),
    direction LowCardinality(String),
    destination_prefix LowCardinality(String),
    status LowCardinality(String),
    error_code LowCardinality(Nullable(String)),
    latency_ms UInt32 codec(T64, ZSTD),
    tps_snapshot UInt32 codec(T64, ZSTD),
    ver UInt64 codec(Delta, ZSTD)
)
engine = ReplacingMergeTree(ver)
partition by toYYYYMMDD(event_time)
order by (tenant_id, event_time, event_key)
primary key (tenant_id, event_time)
settings fsync_after_insert = 1;

create table if not exists anlyt.facts_cdr (
    tenant_id LowCardinality(String),
    event_time DateTime64(6, 'UTC') codec(Delta, ZSTD),
    event_key UInt64 codec(NONE),
    account_id LowCardinality(String),
    operator_id LowCardinality(String),
    mno LowCardinality(String),
    lane LowCardinality(String),
    direction LowCardinality(String),
    destination_prefix LowCardinality(String),
    status LowCardinality(String),
    cdr_id String codec(ZSTD),
    message_id String codec(ZSTD),
    segment_count UInt32 codec(T64, ZSTD),
    charge_amount Decimal(38, 6) codec(ZSTD),
    currency LowCardinality(String),
    ver UInt64 codec(Delta, ZSTD)
)
engine = ReplacingMergeTree(ver)
partition by toYYYYMMDD(event_time)
order by (tenant_id, event_time, event_key)
primary key (tenant_id, event_time)
settings fsync_after_insert = 1;

create table if not exists anlyt.facts_compliance (
    tenant_id LowCardinality(String),
    event_time DateTime64(6, 'UTC') codec(Delta, ZSTD),
    event_key UInt64 codec(NONE),
    account_id LowCardinality(String),
    mno LowCardinality(String),
    lane LowCardinality(String),
    verdict LowCardinality(String),
    evaluation_id String codec(ZSTD),
    message_id String codec(ZSTD),
    rule_ids Array(LowCardinality(String)), -- the findings: four arrays of one length
    rule_names Array(LowCardinality(String)),
    rule_types Array(LowCardinality(String)),
    rule_actions Array(LowCardinality(String)),
    rule_set_id LowCardinality(String),
    rule_set_version LowCardinality(String),
    evaluation_latency_ms UInt32 codec(T64, ZSTD),
    ver UInt64 codec(Delta, ZSTD)
)
engine = ReplacingMergeTree(ver)
partition by toYYYYMMDD(event_time)
order by (tenant_id, event_time, event_key)
primary key (tenant_id, event_time)
settings fsync_after_insert = 1;

-- Written after the facts and before the acknowledgements: a fact without its mark comes again, with its mark.
-- Whoever recomputes the cells removes the marks that it saw, by their ids, so one written meanwhile stays.
create table if not exists anlyt.dirty (
    cube LowCardinality(String),
    tenant_id LowCardinality(String),
    hour DateTime('UTC'), -- the beginning of the cell: of an hour, or of a day
    mark_id UUID default generateUUIDv4(),
    marked_at DateTime64(3, 'UTC') default now64(3)
)
engine = MergeTree
order by (cube, tenant_id, hour)
settings fsync_after_insert = 1;
