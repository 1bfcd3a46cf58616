-- Daily aggregates: the hours of a UTC day added up by the pipeline `rollup`. Whoever reads a day here has to see in the
-- same snapshot that it is clean (event_days.version = rolled_version); the hours are true of any day.

create table anlyt.metrics_daily (
    day_bucket date not null,
    scope text not null check (scope in ('PLATFORM', 'OPERATOR', 'ACCOUNT')),
    scope_id text not null,
    total_messages bigint not null,
    delivered_messages bigint not null,
    failed_messages bigint not null,
    pending_messages bigint not null,
    segments bigint not null,
    total_cost numeric(38, 6) not null, -- reporting currency only
    latency_sum_ms bigint not null,
    latency_sample_count bigint not null,
    peak_tps bigint not null,
    latency_bins int2[] not null, -- schema/histogram.py, ascending
    latency_counts int8[] not null, -- of latency_bins, one by one
    updated_at timestamptz not null default now(),
    primary key (scope, scope_id, day_bucket)
);

-- A day is written as a whole, and its accounts are read as a whole.
create index metrics_daily_by_day on anlyt.metrics_daily (day_bucket, scope, scope_id);

-- Cost in every other currency; the reporting currency's is metrics_daily.total_cost.
create table anlyt.costs_daily (
    day_bucket date not null,
    scope text not null,
    scope_id text not null,
    currency char(3) not null,
    total_cost numeric(38, 6) not null,
    primary key (scope, scope_id, day_bucket, currency)
);

create index costs_daily_by_day on anlyt.costs_daily (day_bucket);
