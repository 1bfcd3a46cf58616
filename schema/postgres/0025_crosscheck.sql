-- What the pipeline `crosscheck` compared: numbers that two stores, or two statements, must both give (decision 65).

-- When the cells of a dataset were last found equal to their facts, by UTC day. A day of many events is checked hour by hour.
create table anlyt.crosscheck_days (
    dataset text not null,
    tenant_id text not null, -- '*': the cells of all tenants together
    day date not null,
    checked_at timestamptz, -- no hour of the day was last checked before this; null: not all hours were checked
    hours integer not null default 0, -- a bit per hour that was checked since `since`; 0: no round is under way
    since timestamptz,
    primary key (dataset, tenant_id, day)
);

-- Differences: each is a finding for a human. A row is kept when the difference is gone.
create table anlyt.crosscheck_log (
    difference_id bigint generated always as identity primary key,
    law text not null,
    question jsonb not null, -- window, tenant and so on: what the law was asked about
    seed bigint not null, -- of the run that drew the question
    left_store text not null,
    left_statement text not null, -- with its values, to be run by hand
    left_values jsonb not null,
    right_store text not null,
    right_statement text not null,
    right_values jsonb not null,
    suspected_at timestamptz not null,
    found_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz -- when both statements gave the same again
);

-- Questions whose two statements last gave different values. One becomes a difference after several equal readings.
create table anlyt.crosscheck_suspicions (
    question text primary key,
    law text not null,
    dataset text not null, -- '': the law reads no facts
    tenant_id text not null, -- '*': all tenants together
    first_day date not null,
    last_day date not null,
    seed bigint not null,
    readings integer not null, -- that gave these values, with a pause before each
    read_values text not null, -- of both statements
    first_read_at timestamptz not null,
    last_read_at timestamptz not null,
    difference_id bigint references anlyt.crosscheck_log -- null: not a difference yet
);
