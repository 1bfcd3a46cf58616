select
    by_tenantId as tenantId,
    if(part_one_currency, if(part_delivered = 0, null, intDivOrZero(part_cost * 2 + part_delivered, part_delivered * 2)), null) as costPerDelivered,
    if(part_one_currency, if(part_records = 0, null, intDivOrZero(part_cost * 2 + part_records, part_records * 2)), null) as avgCost
from (
    select
        rows.tenant_id as by_tenantId,
        min(rows.currency) = max(rows.currency) as part_one_currency,
        sumIf(rows.records, rows.status = 'DELIVERED') as part_delivered,
        reinterpretAsInt128(sum(rows.cost)) as part_cost,
        sum(rows.records) as part_records
    from anlyt.cube_cdr_daily as rows final
    where {tenant:String} = '*'
        and rows.day >= {p1:DateTime('UTC')}
        and rows.day < {p2:DateTime('UTC')}
        and rows.currency = {p3:String}
        and (not(rows.lane = {p4:String}) or rows.direction = {p5:String})
    group by
        by_tenantId
)
order by
    tenantId asc nulls last
limit {p6:UInt64}

-- tenant = '*'
-- p1 = '2026-10-01 00:00:00'
-- p2 = '2026-11-01 00:00:00'
-- p3 = 'USD'
-- p4 = 'OTP'
-- p5 = 'MT'
-- p6 = 501
