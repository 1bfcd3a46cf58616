-- Runs of pipelines, and the clock by which cubes tell newer cells from older ones.

create table anlyt.pipeline_runs (
    id bigint generated always as identity primary key,
    name text not null,
    started timestamptz not null default clock_timestamp(),
    finished timestamptz,
    status text not null default 'RUNNING' check (status in ('RUNNING', 'SUCCEEDED', 'FAILED', 'ABANDONED')),
    counts jsonb not null default '{}', -- what the run did, in numbers
    error text, -- one sentence
    check ((status = 'RUNNING') = (finished is null))
);

create index pipeline_runs_by_name on anlyt.pipeline_runs (name, started desc);

-- Microseconds since 1970 if clocks are right; greater than ever before in any case.
create table anlyt.cube_version (
    only_row boolean primary key default true check (only_row),
    version bigint not null
);
insert into anlyt.cube_version (version) values (0);
