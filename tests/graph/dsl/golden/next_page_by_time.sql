select
    by_time as time,
    by_errorCode as errorCode,
    part_messages as messages
from (
    select
        toUnixTimestamp(toDateTime(toDate(rows.event_time, {p0:String}), {p0:String})) as by_time,
        rows.error_code as by_errorCode,
        count() as part_messages
    from anlyt.facts_dlr as rows final
    where rows.tenant_id = {tenant:String}
        and rows.event_time >= {p2:DateTime64(6, 'UTC')}
        and rows.event_time < {p3:DateTime64(6, 'UTC')}
        and rows.event_time >= {p4:DateTime64(6, 'UTC')}
        and (toUnixTimestamp(toDateTime(toDate(rows.event_time, {p0:String}), {p0:String})) > {p5:Int64} or (toUnixTimestamp(toDateTime(toDate(rows.event_time, {p0:String}), {p0:String})) = {p5:Int64} and (ifNull(rows.error_code < {p6:String}, 0) or isNull(rows.error_code))))
    group by
        by_time,
        by_errorCode
)
order by
    time asc nulls last,
    errorCode desc nulls last
limit {p7:UInt64}

-- p0 = 'UTC'
-- tenant = 't-1'
-- p2 = '2026-10-01 00:00:00.000000'
-- p3 = '2026-11-01 00:00:00.000000'
-- p4 = '2026-10-04 00:00:00.000000'
-- p5 = '1791072000'
-- p6 = '099'
-- p7 = 101
