select
    by_mno as mno,
    if(part_delivered + part_failed = 0, null, intDivOrZero(part_delivered * 20000 + (part_delivered + part_failed), (part_delivered + part_failed) * 2)) as deliveryRate,
    part_messages as messages
from (
    select
        rows.mno as by_mno,
        sumIf(rows.messages, rows.status = 'DELIVERED') as part_delivered,
        sumIf(rows.messages, rows.status in ('FAILED', 'UNDELIVERABLE', 'UNDELIVERED', 'EXPIRED', 'REJECTED')) as part_failed,
        sum(rows.messages) as part_messages
    from anlyt.cube_dlr_hourly as rows final
    where rows.tenant_id = {tenant:String}
        and rows.hour >= {p1:DateTime('UTC')}
        and rows.hour < {p2:DateTime('UTC')}
    group by
        by_mno
)
where part_failed > {p3:Int64}
    and ((ifNull(deliveryRate < {p4:Int64}, 0) or isNull(deliveryRate)) or (ifNull(deliveryRate = {p4:Int64}, 0) and mno > {p5:String}))
order by
    deliveryRate desc nulls last,
    mno asc nulls last
limit {p6:UInt64}

-- tenant = 't-1'
-- p1 = '2026-10-01 00:00:00'
-- p2 = '2026-11-01 00:00:00'
-- p3 = 0
-- p4 = '9876'
-- p5 = 'AWCC'
-- p6 = 501
