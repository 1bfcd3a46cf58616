select
    by_time as time,
    by_mno as mno,
    part_messages as messages
from (
    select
        toUnixTimestamp(rows.event_time) - (toUnixTimestamp(rows.event_time) + timeZoneOffset(toTimeZone(rows.event_time, {p0:String}))) % 3600 as by_time,
        transform(rows.mno, {p1:Array(String)}, {p2:Array(String)}, {p3:String}) as by_mno,
        count() as part_messages
    from anlyt.facts_dlr as rows final
    where rows.tenant_id = {tenant:String}
        and rows.event_time >= {p5:DateTime64(6, 'UTC')}
        and rows.event_time < {p6:DateTime64(6, 'UTC')}
        and transform(rows.mno, {p1:Array(String)}, {p2:Array(String)}, {p3:String}) in {p7:Array(String)}
    group by
        by_time,
        by_mno
)
order by
    time asc nulls last,
    mno asc nulls last
limit {p8:UInt64}

-- p0 = 'Asia/Kabul'
-- p1 = ['AWCC', 'ROSHAN']
-- p2 = ['MNO-B', 'MNO-A']
-- p3 = 'MNO-?'
-- tenant = 't-1'
-- p5 = '2026-10-01 00:00:00.000000'
-- p6 = '2026-11-01 00:00:00.000000'
-- p7 = ['MNO-A', 'MNO-B']
-- p8 = 501
