-- What has left for ClickHouse. An archived day has no rows here but those of events that came later; what it holds is
-- the sum of both.

-- One batch is what one transaction moved of some UTC days: the rows of metrics_hourly_archive and metrics_daily_archive
-- with its number. Only those of ARCHIVED batches count; others were left behind by a run that was killed.
create sequence anlyt.archive_batch;

create table anlyt.archive_batches (
    batch bigint not null,
    day date not null,
    state text not null default 'WRITING' check (state in ('WRITING', 'ARCHIVED', 'ABANDONED')),
    hourly_rows bigint,
    daily_rows bigint,
    total_messages bigint, -- of all hourly rows
    digest text, -- SHA-256 of the rows, as pipelines/archive/rows.py makes it
    began timestamptz not null default clock_timestamp(),
    archived timestamptz,
    primary key (batch, day),
    check ((state = 'ARCHIVED') = (archived is not null))
);

create index archive_batches_by_day on anlyt.archive_batches (day);

-- Operators that have rows in the archive: known, though they may have none here.
create table anlyt.archived_operators (operator_id text primary key);

-- Drops a partition of a parent if it has no rows; whether it did. Who writes into it meanwhile waits, and then learns
-- that it is gone.
create function anlyt.drop_empty_partition(parent text, child text) returns boolean language plpgsql as $$
declare
    filled boolean;
begin
    execute format('lock table only anlyt.%I in access exclusive mode', parent);
    execute format('lock table anlyt.%I in access exclusive mode', child);
    execute format('select exists (select from anlyt.%I)', child) into filled;
    if not filled then
        execute format('drop table anlyt.%I', child);
    end if;
    return not filled;
end
$$;
