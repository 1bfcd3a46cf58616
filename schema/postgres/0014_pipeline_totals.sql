-- Runs and durations, added up for ever: rows of runs are forgotten, and a process that ran one is gone when it is scraped.

create table anlyt.pipeline_totals (
    name text not null,
    status text not null check (status in ('SUCCEEDED', 'FAILED', 'ABANDONED')),
    runs bigint not null,
    primary key (name, status)
);

-- A histogram per family and label: observations up to `le` seconds and above the next smaller bound, and their sum.
create table anlyt.duration_totals (
    family text not null, -- the name of the metric
    label text not null, -- the value of its one label
    le double precision not null,
    observations bigint not null,
    seconds double precision not null,
    primary key (family, label, le)
);
