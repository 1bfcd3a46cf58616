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

-- name: parts_of_days
-- The number of a table's parts with days from `first` to `last` (YYYYMMDD; a partition has a day or a month), how many
-- are replicated, and a hash of what they contain.
select
    count() as parts,
    countIf(engine not in ('ReplacingMergeTree', 'AggregatingMergeTree', 'MergeTree')) as replicated,
    hex(sipHash128(arraySort(groupArray((name, hash_of_all_files))))) as hash
from system.parts
where database = 'anlyt' and table = {table:String} and active
    and partition_id >= substring({first:String}, 1, length(partition_id))
    and partition_id <= substring({last:String}, 1, length(partition_id))
