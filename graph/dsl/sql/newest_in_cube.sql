-- Newest event time whose effect is in a cube, in microseconds since 1970, null while it is empty; and how long ago, in
-- milliseconds, the oldest mark was left that the cube has yet to follow, null without marks.
select
    (
        select if(count() = 0, null, toUnixTimestamp64Micro(max(newest_event_at)))
        from data_as_of where cube = {table:String}
    ) as newest,
    (
        select if(count() = 0, null, toUnixTimestamp64Milli(now64(3)) - toUnixTimestamp64Milli(min(marked_at)))
        from dirty where cube in {marked:Array(String)}
    ) as age
