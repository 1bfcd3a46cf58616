-- Of copies that differ, the one that the stream stored first counts. A claim says when the stream stored the copy that was
-- counted: a copy that it stored earlier, and that comes later, takes its place. What was claimed before this step keeps
-- its claim.
alter table anlyt.processed_events add column stored_ns bigint not null default 0; -- nanoseconds since 1970

-- Cells whose peak a discarded copy may have told: a maximum cannot be taken back. The pipeline `copies` computes the peak
-- again.
create table anlyt.contested_peaks (
    scope text not null,
    scope_id text not null,
    hour_bucket timestamptz not null,
    primary key (scope, scope_id, hour_bucket)
);

-- A charge and its refund leave a cell all zeros, which is something else than no cell: what a discarded copy leaves is
-- removed when it has no event. (These count from this step on; what has figures has events anyway.)
alter table anlyt.metrics_hourly add column billing_events bigint not null default 0;
alter table anlyt.costs_hourly add column billing_events bigint not null default 0;
