-- name: marks
-- The marks of some cubes' cells in two windows: those of each tenant, at most `pairs`, and those of all together under the
-- tenant *, at most `hours`. A mark of a minute (of facts that are being removed) stands for its hour. `tenant` is * for every
-- tenant. It has as few functions as it can: before the first row is read, each costs a tenth of the statement.
select arrayConcat(
    groupUniqArray({pairs:UInt32})((toString(tenant_id), toString(cube), toUnixTimestamp(toStartOfHour(hour)))),
    groupUniqArray({hours:UInt32})(('*', toString(cube), toUnixTimestamp(toStartOfHour(hour))))
)
from dirty
where cube in {marked:Array(String)} and tenant_id != '' and ({tenant:String} = '*' or tenant_id = {tenant:String})
    and (hour >= toDateTime({from:Int64}) and hour < toDateTime({to:Int64})
        or hour >= toDateTime({previous_from:Int64}) and hour < toDateTime({previous_to:Int64}))

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
-- The newest event time whose effect is in a cube, in microseconds since 1970 (null while it is empty).
select if(count() = 0, null, toUnixTimestamp64Micro(max(newest_event_at))) from data_as_of where cube = {table:String}

-- name: oldest_mark
-- The age of the oldest open mark of some cubes, in milliseconds (null without marks).
select if(count() = 0, null, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(min(marked_at)))
from dirty where cube in {marked:Array(String)}

-- name: open_marks
-- The open marks of each cube that has some: how many, and the age of the oldest in seconds.
select cube, count() as marks, (toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(min(marked_at))) / 1000 as age
from dirty
group by (cube) -- without parentheses, it would be the keyword

-- name: parts
-- Some tables' parts with days from `first` to `last` (YYYYMMDD). A partition has a day, or a month (YYYYMM): `month` is that
-- of `first`.
select groupArray((table, engine, name, hash_of_all_files))
from system.parts
where database = 'anlyt' and table in {tables:Array(String)} and active
    and (partition_id = {month:String} or partition_id >= {first:String}) and partition_id <= {last:String}

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
