-- Who was active when, as sets of bits: a report counts the accounts of 90 days without reading 90,000 rows.

-- An account's bit. Numbers are dense but for what two transactions claimed at once.
alter table anlyt.accounts add column number int generated always as identity unique;

-- Made by the pipeline `rollup` from a day's hours, and good while `version` is the day's (anlyt.event_days). The bit of
-- account n is bit n & 7 of byte n >> 3.
create table anlyt.active_days (
    day date primary key,
    version bigint not null,
    accounts bytea not null default '', -- with an event on the day
    hours bytea not null default '' -- the same of each hour: 24 sets, each as long as `accounts`
);

-- All elements of several arrays in one.
create aggregate anlyt.joined(anycompatiblearray) (sfunc = array_cat, stype = anycompatiblearray, parallel = safe);
