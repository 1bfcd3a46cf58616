select
    by_time as time,
    by_mno as mno,
    by_lane as lane,
    part_messages as messages,
    if(part_delivered + part_failed = 0, null, intDivOrZero(part_delivered * 20000 + (part_delivered + part_failed), (part_delivered + part_failed) * 2)) as deliveryRate,
    accurateCastOrNull(floor(arrayElement(part_latencies, 2) + 0.5), 'Int64') as p95LatencyMs
from (
    select
        toUnixTimestamp(toDateTime(toDate(rows.hour, {p0:String}), {p0:String})) as by_time,
        rows.mno as by_mno,
        rows.lane as by_lane,
        sum(rows.messages) as part_messages,
        sumIf(rows.messages, rows.status = 'DELIVERED') as part_delivered,
        sumIf(rows.messages, rows.status in ('FAILED', 'UNDELIVERABLE', 'UNDELIVERED', 'EXPIRED', 'REJECTED')) as part_failed,
        quantilesTDigestMerge(0.5, 0.95, 0.99)(rows.latency_digest) as part_latencies
    from anlyt.cube_dlr_hourly as rows final
    where rows.tenant_id = {tenant:String}
        and rows.hour >= {p2:DateTime('UTC')}
        and rows.hour < {p3:DateTime('UTC')}
    group by
        by_time,
        by_mno,
        by_lane
)
order by
    time desc nulls last,
    mno asc nulls last,
    lane asc nulls last
limit {p4:UInt64}

-- p0 = 'UTC'
-- tenant = 't-1'
-- p2 = '2026-10-01 00:00:00'
-- p3 = '2026-11-01 00:00:00'
-- p4 = 501
