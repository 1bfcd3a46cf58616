-- name: archived_days
-- The archived days of a batch list, as their daily rows say. `subjects` is a hash of every subject's figures. (ClickHouse)
select {sums}, hex(groupBitXor(cityHash64({hashed}))) as subjects
from (
    select scope, scope_id, {figures}
    from anlyt.metrics_daily_archive final
    where batch in (%(batches)s) and day_bucket = toDate(toDateTime(%(first)s, 'UTC'))
    group by scope, scope_id
) as subject

-- name: archived_hours
-- The same as their hourly rows say. (ClickHouse)
select {sums}, hex(groupBitXor(cityHash64({hashed}))) as subjects
from (
    select scope, scope_id, {figures}
    from anlyt.metrics_hourly_archive final
    where batch in (%(batches)s) and hour_bucket >= toDateTime(%(first)s, 'UTC') and hour_bucket < toDateTime(%(end)s, 'UTC')
    group by scope, scope_id
) as subject

-- name: archived_reports
-- The delivery reports of a subject in archived hours. (ClickHouse)
select {figures}
from anlyt.metrics_hourly_archive final
where scope = %(scope)s and scope_id = %(subject)s and batch in (%(batches)s)
    and hour_bucket >= toDateTime(%(first)s, 'UTC') and hour_bucket < toDateTime(%(end)s, 'UTC')

-- name: cells_of_cube
-- The cells of a cube. (ClickHouse)
select {dimensions}, {columns}
from anlyt.{cube} final
where {time} >= toDateTime(%(first)s, 'UTC') and {time} < toDateTime(%(end)s, 'UTC'){scope}

-- name: cells_of_source
-- The cells of a cube, from its facts or from hours. (ClickHouse)
select {grouped}, {figures}
from anlyt.{source} as source final
where {window}{scope}
group by {keys}

-- name: close_suspicion
-- Removes the suspicion of a question ($1), and closes its difference if it became one.
with gone as (
    delete from anlyt.crosscheck_suspicions where question = $1 returning difference_id
)
update anlyt.crosscheck_log as log set closed_at = clock_timestamp()
from gone
where log.difference_id = gone.difference_id

-- name: contents_of_dataset
-- The tenants, days and filter values in the cells of a cube. (ClickHouse)
select groupUniqArray(tenant_id) as tenants, groupUniqArray(toDate({time}, 'UTC')) as days,
    groupUniqArray(100)(mno) as mno, groupUniqArray(100)(lane) as lane
from anlyt.{cube}
where {time} >= toDateTime(%(since)s, 'UTC') and {time} < now('UTC')

-- name: counted_reports
-- The delivery reports of a subject ($1, $2) in the hours from $3 until $4, seconds since 1970. (PostgreSQL)
select {figures}
from anlyt.metrics_hourly
where scope = $1 and scope_id = $2 and hour_bucket >= to_timestamp($3::int8) and hour_bucket < to_timestamp($4::int8)

-- name: daily_figures
-- The figures of a subject ($1, $2) on the day that begins $3 seconds after 1970, as its daily row says. (PostgreSQL)
select count(*) > 0 as is_there, {counters_summed}, sum(total_cost) as total_cost,
    (
        select string_agg(currency || ' ' || total_cost, ', ' order by currency)
        from anlyt.costs_daily
        where scope = $1 and scope_id = $2 and day_bucket = (to_timestamp($3::int8) at time zone 'UTC')::date
    ) as costs,
    (
        select md5(string_agg(bin || ' ' || samples, ',' order by bin))
        from anlyt.metrics_daily as day, unnest(day.latency_bins, day.latency_counts) as latency (bin, samples)
        where scope = $1 and scope_id = $2 and day_bucket = (to_timestamp($3::int8) at time zone 'UTC')::date
    ) as latencies
from anlyt.metrics_daily
where scope = $1 and scope_id = $2 and day_bucket = (to_timestamp($3::int8) at time zone 'UTC')::date

-- name: days
-- The newest $1 days that have all figures in PostgreSQL, and the newest $1 archived days, newest first.
with archived as (
    select distinct day from anlyt.archive_batches where state = 'ARCHIVED'
)
select
    array(
        select day from anlyt.event_days
        where version > 0 and day <= current_date and day not in (select day from archived)
        order by day desc
        limit $1
    ) as days,
    array(select day from archived order by day desc limit $1) as archived

-- name: days_of_facts
-- The days of which a fact table has parts. (ClickHouse)
select distinct YYYYMMDDToDate(toUInt32(partition_id)) from system.parts where database = 'anlyt' and table = %(facts)s and active

-- name: events
-- The number of events: facts of one time and key are one. (ClickHouse)
select uniqExact(event_time, event_key) as events
from anlyt.{facts} final
where event_time >= toDateTime(%(first)s, 'UTC') and event_time < toDateTime(%(end)s, 'UTC')

-- name: facts
-- The number of facts. (ClickHouse)
select count() as events
from anlyt.{facts} final
where event_time >= toDateTime(%(first)s, 'UTC') and event_time < toDateTime(%(end)s, 'UTC')

-- name: figures_of_scope
-- The figures of all subjects of a scope ($1) in the hours from $2 until $3, seconds since 1970. (PostgreSQL)
select {counters_summed}, sum(total_cost) as total_cost,
    (
        select string_agg(currency || ' ' || cost, ', ' order by currency)
        from (
            select currency, sum(total_cost) as cost
            from anlyt.costs_hourly
            where scope = $1 and hour_bucket >= to_timestamp($2::int8) and hour_bucket < to_timestamp($3::int8)
            group by currency
        ) as cost
    ) as costs
from anlyt.metrics_hourly
where scope = $1 and hour_bucket >= to_timestamp($2::int8) and hour_bucket < to_timestamp($3::int8)

-- name: forget_days
-- Forgets days that are not compared any more.
delete from anlyt.crosscheck_days where day < $1

-- name: hourly_figures
-- The figures of a subject ($1, $2) in the hours from $3 until $4, seconds since 1970. (PostgreSQL)
select count(*) > 0 as is_there, {counters_summed}, sum(total_cost) as total_cost,
    (
        select string_agg(currency || ' ' || cost, ', ' order by currency)
        from (
            select currency, sum(total_cost) as cost
            from anlyt.costs_hourly
            where scope = $1 and scope_id = $2
                and hour_bucket >= to_timestamp($3::int8) and hour_bucket < to_timestamp($4::int8)
            group by currency
        ) as cost
    ) as costs,
    (
        select md5(string_agg(bin || ' ' || samples, ',' order by bin))
        from (
            select bin, sum(samples) as samples
            from anlyt.metrics_hourly as hour, unnest(hour.latency_bins, hour.latency_counts) as latency (bin, samples)
            where scope = $1 and scope_id = $2
                and hour_bucket >= to_timestamp($3::int8) and hour_bucket < to_timestamp($4::int8)
            group by bin
        ) as bins
    ) as latencies
from anlyt.metrics_hourly
where scope = $1 and scope_id = $2 and hour_bucket >= to_timestamp($3::int8) and hour_bucket < to_timestamp($4::int8)

-- name: lock_suspicion
-- Locks the suspicion of a question ($1), so that one reading at a time is noted.
select from anlyt.crosscheck_suspicions where question = $1 for update

-- name: log_difference
-- Logs the difference of a suspicion ($1) that has been read $2 times and has none yet; returns its law.
with logged as (
    insert into anlyt.crosscheck_log (
        law, question, seed, left_store, left_statement, left_values, right_store, right_statement, right_values, suspected_at
    )
    select law, question::jsonb, seed, $3, $4, $5::text::jsonb, $6, $7, $8::text::jsonb, first_read_at
    from anlyt.crosscheck_suspicions
    where question = $1 and readings >= $2 and difference_id is null
    returning difference_id, law
)
update anlyt.crosscheck_suspicions set difference_id = logged.difference_id
from logged
where question = $1
returning logged.law

-- name: mark_minutes
-- Marks the minutes of an hour of facts, so that the pipeline `copies` searches them. (ClickHouse)
insert into anlyt.dirty (cube, tenant_id, hour)
select %(facts)s, '', toDateTime(%(first)s, 'UTC') + toIntervalMinute(number)
from numbers(intDiv(%(end)s - %(first)s, 60))

-- name: note_equal
-- Notes that the cells of a dataset ($1) and a tenant ($2) were found equal on day $3, in the hours $4 (bits), at $5. $6 are
-- the bits of a whole day.
insert into anlyt.crosscheck_days as known (dataset, tenant_id, day, checked_at, hours, since)
select $1, $2, $3, case when is_whole then at end, case when is_whole then 0 else hours end, case when not is_whole then at end
from (select $4::int as hours, $5::timestamptz as at, $4::int = $6::int as is_whole) as reading
on conflict (dataset, tenant_id, day) do update set
    checked_at = case
        when $4::int = $6::int then $5::timestamptz
        when known.hours | $4::int = $6::int then known.since
        else known.checked_at
    end,
    hours = case when known.hours | $4::int = $6::int then 0 else known.hours | $4::int end,
    since = case when known.hours | $4::int <> $6::int then coalesce(known.since, $5::timestamptz) end

-- name: oldest_suspicions
-- Up to $1 open suspicions, those that wait longest first.
select question from anlyt.crosscheck_suspicions order by last_read_at limit $1

-- name: open_counts
-- The number of open suspicions, and of open differences.
select count(*) filter (where difference_id is null) as suspicions, count(difference_id) as differences
from anlyt.crosscheck_suspicions

-- name: open_differences
-- The open differences, newest first.
select difference_id, law, question from anlyt.crosscheck_suspicions where difference_id is not null
order by difference_id desc

-- name: open_marks
-- The number of marks of some cubes and facts, of a tenant or of all, in the hours of a window. A mark without a tenant
-- concerns all. (ClickHouse)
select count() as marks
from anlyt.dirty
where cube in (%(names)s) and (%(tenant)s = '*' or tenant_id in (%(tenant)s, ''))
    and hour < toDateTime(%(end)s, 'UTC')
    and hour + if(endsWith(cube, '_daily'), 86400, 3600) > toDateTime(%(first)s, 'UTC')

-- name: pages
-- The sums of two pages of a list of groups: its first groups, and those behind the last of them. (ClickHouse)
with groups as (
    select concat(cell.mno, '\t', cell.lane) as place, {sums}
    from ({cells}) as cell
    group by place
), first_page as (
    select * from groups order by place limit %(page)s
)
select {sums}
from (
    select * from first_page
    union all
    select * from groups where place > (select max(place) from first_page)
) as cell

-- name: position
-- The state of the window from $3 until $4 (seconds since 1970) and its days from $1 to $2, and the time at which it is read.
select
    clock_timestamp() as at,
    coalesce((
        select string_agg(day || ' ' || version, ', ' order by day) from anlyt.event_days where day between $1 and $2
    ), '') as versions,
    not exists (
        select from anlyt.event_days where day between $1 and $2 and version <> rolled_version
    ) as added_up,
    not exists (
        select from anlyt.contested_peaks
        where hour_bucket >= to_timestamp($3::int8) and hour_bucket < to_timestamp($4::int8)
    ) as uncontested,
    coalesce((
        select array_agg(batch order by batch) from anlyt.archive_batches where state = 'ARCHIVED' and day between $1 and $2
    ), '{}') as batches,
    not exists (
        select from anlyt.metrics_hourly
        where scope = 'PLATFORM' and hour_bucket >= to_timestamp($3::int8) and hour_bucket < to_timestamp($4::int8)
    ) as only_archived

-- name: raise_suspicion
-- Notes that a question ($1) was read with the values $7. A reading counts if it began (at $9) at least $8 seconds after the
-- one before; other values begin anew.
insert into anlyt.crosscheck_suspicions as known (
    question, law, dataset, tenant_id, first_day, last_day, read_values, seed, readings, first_read_at, last_read_at
)
values ($1, $2, $3, $4, $5, $6, $7, $10, 1, clock_timestamp(), clock_timestamp())
on conflict (question) do update set
    readings = case when known.read_values = excluded.read_values then known.readings + 1 else 1 end,
    first_read_at = case when known.read_values = excluded.read_values then known.first_read_at else clock_timestamp() end,
    last_read_at = clock_timestamp(),
    read_values = excluded.read_values
where known.last_read_at <= $9::timestamptz - $8::float8 * interval '1 second'

-- name: reports
-- The delivery reports in facts. (ClickHouse)
select {figures}
from anlyt.facts_dlr final
where event_time >= toDateTime(%(first)s, 'UTC') and event_time < toDateTime(%(end)s, 'UTC'){subject}

-- name: subjects
-- The ids of operators, and of up to $1 accounts at random.
select 'OPERATOR' as scope, scope_id from (
    select distinct scope_id from anlyt.metrics_daily where scope = 'OPERATOR'
    union
    select operator_id from anlyt.archived_operators
) as operator
union all
select 'ACCOUNT', account_id from (select account_id from anlyt.accounts order by random() limit $1) as account

-- name: sums
-- The sums of cells, and a hash of all cells. (ClickHouse)
select {sums}{hash}
from ({cells}) as cell

-- name: verified_hours
-- The hours of all tenants that are verified in the current round, by dataset and day.
select dataset, day, hours from anlyt.crosscheck_days where tenant_id = '*' and hours <> 0
