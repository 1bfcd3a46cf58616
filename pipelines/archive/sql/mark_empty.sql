-- Marks day $1, whose hourly and daily rows are gone, as rolled up and without active accounts.
with emptied as (
    update anlyt.event_days set rolled_version = version where day = $1 returning day, version
)
insert into anlyt.active_days (day, version)
select day, version from emptied
on conflict (day) do update set version = excluded.version, accounts = '', hours = ''
