select
    by_time as time,
    by_mno as mno,
    part_messages as messages,
    accurateCastOrNull(floor(arrayElement(part_latencies, 2) + 0.5), 'Int64') as p95LatencyMs
from (
    select
        by_mno as by_mno,
        tupleElement(cell, 1) as by_time,
        tupleElement(cell, 2) as part_messages,
        tupleElement(cell, 3) as part_latencies
    from (
        select
            by_mno as by_mno,
            arrayJoin(cells) as cell
        from (
            select
                by_mno as by_mno,
                arrayConcat(groupArray((toInt64(by_time), part_messages, part_latencies)), arrayMap(start -> (start, 0, array(nan, nan, nan)), arrayExcept(arrayDistinct(arrayMap(second -> toInt64(toUnixTimestamp(toDateTime(second, 'UTC')) - (toUnixTimestamp(toDateTime(second, 'UTC')) + timeZoneOffset(toTimeZone(toDateTime(second, 'UTC'), {p0:String}))) % 3600), arrayConcat(range({p1:UInt32}, {p2:UInt32}, 900), array({p2:UInt32})))), groupArray(toInt64(by_time))))) as cells
            from (
                select
                    toUnixTimestamp(rows.event_time) - (toUnixTimestamp(rows.event_time) + timeZoneOffset(toTimeZone(rows.event_time, {p0:String}))) % 3600 as by_time,
                    transform(rows.mno, {p3:Array(String)}, {p4:Array(String)}, {p5:String}) as by_mno,
                    count() as part_messages,
                    quantilesTDigestIf(0.5, 0.95, 0.99)(rows.latency_ms, rows.status != 'PENDING') as part_latencies
                from anlyt.facts_dlr as rows final
                where rows.tenant_id = {tenant:String}
                    and rows.event_time >= {p7:DateTime64(6, 'UTC')}
                    and rows.event_time < {p8:DateTime64(6, 'UTC')}
                group by
                    by_time,
                    by_mno
            )
            group by
                by_mno
        )
    )
)
where (time > {p9:Int64} or (time = {p9:Int64} and mno > {p10:String}))
order by
    time asc nulls last,
    mno asc nulls last
limit {p11:UInt64}

-- p0 = 'Asia/Kabul'
-- p1 = 1790812800
-- p2 = 1793491199
-- p3 = ['AWCC', 'ROSHAN']
-- p4 = ['MNO-B', 'MNO-A']
-- p5 = 'MNO-?'
-- tenant = 't-1'
-- p7 = '2026-10-01 00:00:00.000000'
-- p8 = '2026-11-01 00:00:00.000000'
-- p9 = '1791072000'
-- p10 = 'MNO-A'
-- p11 = 101
