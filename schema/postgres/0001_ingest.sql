-- What ingest writes: the dedup ledger, hourly aggregates of three scopes, and what changed when.

-- One partition a day of event time, dropped when its newest *claim* is older than the streams' retention.
-- The key starts with the time: inserts then stay at the index's right-hand edge, where a key on a random id
-- would touch a cold page for each event (10 times slower at 20 million ids).
create table anlyt.processed_events (
    event_at timestamptz not null,
    event_key uuid not null, -- 128-bit hash of (function, event id, event time)
    primary key (event_at, event_key)
) partition by range (event_at);

-- One partition a month. The key starts with the scope: a report reads one scope over a window.
create table anlyt.metrics_hourly (
    hour_bucket timestamptz not null,
    scope text not null check (scope in ('PLATFORM', 'OPERATOR', 'ACCOUNT')),
    scope_id text not null,
    total_messages bigint not null default 0,
    delivered_messages bigint not null default 0,
    failed_messages bigint not null default 0,
    pending_messages bigint not null default 0,
    segments bigint not null default 0,
    total_cost numeric(38, 6) not null default 0, -- reporting currency only
    latency_sum_ms bigint not null default 0,
    latency_sample_count bigint not null default 0,
    peak_tps bigint not null default 0,
    latency_bins int2[] not null default '{}', -- schema/histogram.py, ascending
    latency_counts int8[] not null default '{}', -- of latency_bins, one by one
    updated_at timestamptz not null default now(),
    primary key (scope, scope_id, hour_bucket)
) partition by range (hour_bucket);

-- Which operators and accounts are in a window, without reading every row of the scope.
create index metrics_hourly_by_hour on anlyt.metrics_hourly (scope, hour_bucket, scope_id);

-- Cost in every other currency; the reporting currency's is metrics_hourly.total_cost.
create table anlyt.costs_hourly (
    hour_bucket timestamptz not null,
    scope text not null,
    scope_id text not null,
    currency char(3) not null,
    total_cost numeric(38, 6) not null,
    primary key (scope, scope_id, hour_bucket, currency)
) partition by range (hour_bucket);

-- Operators are one of the three scopes: a view cannot disagree with them.
create view anlyt.operator_performance as
select hour_bucket, scope_id as operator_id, total_messages, delivered_messages, failed_messages,
    pending_messages, segments, total_cost, latency_sum_ms, latency_sample_count, peak_tps,
    latency_bins, latency_counts, updated_at
from anlyt.metrics_hourly
where scope = 'OPERATOR';

create table anlyt.accounts (account_id text primary key);

-- One row a UTC day that has figures. version rises with every statement that changes the day's figures, whoever
-- runs it; the day is dirty while version > rolled_version, and what a reader remembers of it is good while version
-- stays as it was.
create table anlyt.event_days (
    day date primary key,
    version bigint not null default 0,
    rolled_version bigint not null default 0,
    newest_claim_at timestamptz -- when ingest last claimed an event of the day
) with (fillfactor = 50);

create function anlyt.raise_versions() returns trigger language plpgsql as $$
begin
    insert into anlyt.event_days as d (day, version)
    select distinct (hour_bucket at time zone 'UTC')::date, 1 from changed order by 1
    on conflict (day) do update set version = d.version + 1;
    return null;
end
$$;

create trigger inserted after insert on anlyt.metrics_hourly
    referencing new table as changed for each statement execute function anlyt.raise_versions();
create trigger updated after update on anlyt.metrics_hourly
    referencing new table as changed for each statement execute function anlyt.raise_versions();
create trigger deleted after delete on anlyt.metrics_hourly
    referencing old table as changed for each statement execute function anlyt.raise_versions();
create trigger inserted after insert on anlyt.costs_hourly
    referencing new table as changed for each statement execute function anlyt.raise_versions();
create trigger updated after update on anlyt.costs_hourly
    referencing new table as changed for each statement execute function anlyt.raise_versions();
create trigger deleted after delete on anlyt.costs_hourly
    referencing old table as changed for each statement execute function anlyt.raise_versions();

create table anlyt.data_as_of (
    projection text primary key, -- the function whose effects are in this store
    newest_event_at timestamptz not null
) with (fillfactor = 50);

-- What total_cost is counted in; a process with another ANLYT_REPORTING_CURRENCY refuses to start.
create table anlyt.deployment (
    only_row boolean primary key default true check (only_row),
    reporting_currency char(3) not null
);

-- Makes the partition [starts, ends) of a table unless it is there. Attaching, unlike creating in place,
-- blocks neither readers nor writers of the parent.
create function anlyt.ensure_partition(parent text, starts timestamptz, ends timestamptz) returns void
language plpgsql as $$
declare
    child text := parent || to_char(starts at time zone 'UTC', '_YYYYMMDD');
begin
    -- Not to_regclass(): it may remember from before the lock that there was no such table.
    if exists (select from pg_class where relname = child and relnamespace = 'anlyt'::regnamespace) then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('anlyt.ensure_partition'));
    if exists (select from pg_class where relname = child and relnamespace = 'anlyt'::regnamespace) then
        return;
    end if;
    -- fillfactor: counters are updated in place (HOT) while their hour lasts
    execute format('create table anlyt.%I (like anlyt.%I including all) with (fillfactor = 70)', child, parent);
    execute format('alter table anlyt.%I attach partition anlyt.%I for values from (%L) to (%L)',
        parent, child, starts, ends);
end
$$;
