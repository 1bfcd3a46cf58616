-- What a closed day said before it changed: a report can answer as of an earlier instant.

-- closed_at: from when on every state of the daily rows is kept; null while the day is open. kept_version: the version of
-- the newest kept state. It differs from rolled_version while the day is open, or after a release that keeps nothing has
-- added it up; then the day is closed again. changed_at, changed_by: the first change since the day was clean, and the causes
-- of all of them.
alter table anlyt.event_days
    add column closed_at timestamptz,
    add column kept_version bigint,
    add column changed_at timestamptz,
    add column changed_by text[];

-- As before, and notes when a clean day changes, and why: the setting anlyt.cause of the transaction, or events. The time
-- is read when the day's row is locked, so no report had the change before.
create or replace function anlyt.raise_versions() returns trigger language plpgsql as $$
declare
    cause text := coalesce(nullif(current_setting('anlyt.cause', true), ''), 'EVENTS');
begin
    insert into anlyt.event_days as d (day, version)
    select distinct (hour_bucket at time zone 'UTC')::date, 1 from changed order by 1
    on conflict (day) do update set
        version = d.version + 1,
        changed_at = case when d.version > d.rolled_version then d.changed_at else clock_timestamp() end,
        changed_by = case
            when d.version = d.rolled_version then array[cause]
            when cause = any(d.changed_by) then d.changed_by
            else d.changed_by || cause
        end;
    return null;
end
$$;

-- A closed day that was added up again after a change. Until changed_at, reports said the former figures; from settled_at on,
-- the new ones. What they said in between is not kept.
create table anlyt.restatements (
    day date not null,
    number int not null, -- of the day, from 1 on
    changed_at timestamptz not null,
    settled_at timestamptz not null,
    causes text[] not null, -- EVENTS, REBUILD, COPIES
    is_archived boolean not null, -- the rows are what came after the day had moved to the archive, not the whole day
    primary key (day, number)
);

-- The daily rows that differ: as they were, with their histograms, and as they are since (is_after), without. A subject that
-- had no row, or has none since, lacks that side.
create table anlyt.restated_rows (
    day date not null,
    number int not null,
    scope text not null check (scope in ('PLATFORM', 'OPERATOR', 'ACCOUNT')),
    scope_id text not null,
    is_after boolean not null,
    total_messages bigint not null,
    delivered_messages bigint not null,
    failed_messages bigint not null,
    pending_messages bigint not null,
    segments bigint not null,
    total_cost numeric(38, 6) not null, -- reporting currency only
    latency_sum_ms bigint not null,
    latency_sample_count bigint not null,
    peak_tps bigint not null,
    refunded_messages bigint,
    currencies text[] not null, -- the others, and the cost in each
    costs numeric(38, 6)[] not null,
    latency_bins int2[] not null, -- schema/histogram.py, ascending
    latency_counts int8[] not null, -- of latency_bins, one by one
    primary key (day, number, scope, scope_id, is_after)
);

-- A customer reads one account's.
create index restated_rows_by_subject on anlyt.restated_rows (scope, scope_id, day);

create trigger only_added_to before update or delete or truncate on anlyt.restatements
for each statement execute function anlyt.refuse_change();
create trigger only_added_to before update or delete or truncate on anlyt.restated_rows
for each statement execute function anlyt.refuse_change();
