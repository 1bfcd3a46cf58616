-- name: marked_hours
-- The marked hours of two windows, each with its tenant. A mark of a day stands for its hours, one of a minute (of facts
-- that are being removed) for its hour. `tenant` and `shown` are * for every tenant.
select distinct if({shown:String} = '*', '*', tenant_id) as tenant, toUnixTimestamp(begin) as second
from (
    select
        tenant_id,
        arrayJoin(arrayMap(n -> toStartOfHour(hour) + toIntervalHour(n), range(if(endsWith(cube, '_daily'), 24, 1)))) as begin
    from dirty
    where cube in {marked:Array(String)} and tenant_id != ''
        and ({tenant:String} = '*' or tenant_id = {tenant:String})
)
where begin >= toDateTime({from:Int64}) and begin < toDateTime({to:Int64})
    or begin >= toDateTime({previous_from:Int64}) and begin < toDateTime({previous_to:Int64})
order by second, tenant
limit {limit:UInt32}

-- name: new_mnos
-- The MNOs in a tenant's facts of a window that have no pseudonym.
select distinct mno from {table:Identifier}
where tenant_id = {tenant:String}
    and event_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
    and event_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    and mno not in {known:Array(String)}
limit 1000

-- name: newest_fact
-- The newest event time of a fact table, in microseconds since 1970. ClickHouse takes it from the parts' metadata.
select if(count() = 0, null, toUnixTimestamp64Micro(max(event_time))) from {table:Identifier}

-- name: newest_in_cube
-- The newest event time whose effect is in a cube, in microseconds since 1970 (null while it is empty), and the age of
-- the oldest open mark, in milliseconds (null without marks).
select
    (
        select if(count() = 0, null, toUnixTimestamp64Micro(max(newest_event_at)))
        from data_as_of where cube = {table:String}
    ) as newest,
    (
        select if(count() = 0, null, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(min(marked_at)))
        from dirty where cube in {marked:Array(String)}
    ) as age

-- name: open_marks
-- The open marks of each cube that has some: how many, and the age of the oldest in seconds.
select cube, count() as marks, (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(min(marked_at))) / 1000 as age
from dirty
group by (cube) -- without parentheses, it would be the keyword

-- name: parts_of_days
-- The number of some tables' parts with days from `first` to `last` (YYYYMMDD; a partition has a day or a month), how many
-- are replicated, and a hash of what they contain.
select
    count() as parts,
    countIf(engine not in ('ReplacingMergeTree', 'AggregatingMergeTree', 'MergeTree')) as replicated,
    hex(sipHash128(arraySort(groupArray((table, name, hash_of_all_files))))) as hash
from system.parts
where database = 'anlyt' and table in {tables:Array(String)} and active
    and partition_id >= substring({first:String}, 1, length(partition_id))
    and partition_id <= substring({last:String}, 1, length(partition_id))

-- name: verified
-- The oldest of the last checks of the days from $3 to $4, their number, and whether a difference is open there: of a
-- dataset ($1) and a tenant ($2), or * for all tenants. (PostgreSQL)
select min(checked_at) as at, count(checked_at)::int as checked_days, exists (
    select from anlyt.crosscheck_suspicions
    where difference_id is not null and dataset = $1 and ($2 = '*' or tenant_id = $2)
        and first_day <= $4 and last_day >= $3
) as differs
from anlyt.crosscheck_days
where dataset = $1 and tenant_id = $2 and day between $3 and $4
