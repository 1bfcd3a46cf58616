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
    from (
        select
            rows.tenant_id as tenant_id,
            rows.day as day,
            rows.lane as lane,
            rows.direction as direction,
            rows.status as status,
            rows.currency as currency,
            rows.records as records,
            rows.cost as cost
        from anlyt.cube_cdr_daily as rows final
        where {tenant:String} = '*'
            and rows.day >= {p1:DateTime('UTC')}
            and rows.day < {p2:DateTime('UTC')}
            and not((rows.tenant_id, rows.day) in {p3:Array(Tuple(String, DateTime('UTC')))})
        union all
        select
            rows.tenant_id as tenant_id,
            toStartOfDay(rows.hour, 'UTC') as day,
            rows.lane as lane,
            rows.direction as direction,
            rows.status as status,
            rows.currency as currency,
            rows.records as records,
            rows.cost as cost
        from anlyt.cube_cdr_hourly as rows final
        where {tenant:String} = '*'
            and rows.hour >= {p1:DateTime('UTC')}
            and rows.hour < {p2:DateTime('UTC')}
            and (rows.tenant_id, toStartOfDay(rows.hour, 'UTC')) in {p3:Array(Tuple(String, DateTime('UTC')))}
            and not((rows.tenant_id, rows.hour) in {p4:Array(Tuple(String, DateTime('UTC')))})
        union all
        select
            rows.tenant_id as tenant_id,
            toStartOfDay(rows.event_time, 'UTC') as day,
            rows.lane as lane,
            rows.direction as direction,
            rows.status as status,
            rows.currency as currency,
            count() as records,
            sum(charge_amount) as cost
        from anlyt.facts_cdr as rows final
        where {tenant:String} = '*'
            and rows.event_time >= {p5:DateTime64(6, 'UTC')}
            and rows.event_time < {p6:DateTime64(6, 'UTC')}
            and rows.event_time >= {p7:DateTime64(6, 'UTC')}
            and rows.event_time < {p8:DateTime64(6, 'UTC')}
            and (rows.tenant_id, toStartOfHour(rows.event_time, 'UTC')) in {p4:Array(Tuple(String, DateTime('UTC')))}
        group by
            tenant_id,
            day,
            lane,
            direction,
            status,
            currency
    ) as rows
    where rows.day >= {p1:DateTime('UTC')}
        and rows.day < {p2:DateTime('UTC')}
        and rows.currency = {p9:String}
        and (not(rows.lane = {p10:String}) or rows.direction = {p11:String})
    group by
        by_tenantId
)
order by
    tenantId asc nulls last
limit {p12:UInt64}

-- tenant = '*'
-- p1 = '2026-10-01 00:00:00'
-- p2 = '2026-11-01 00:00:00'
-- p3 = [('t-1', 1790985600), ('t-2', 1790985600)]
-- p4 = [('t-1', 1791007200), ('t-2', 1791010800)]
-- p5 = '2026-10-01 00:00:00.000000'
-- p6 = '2026-11-01 00:00:00.000000'
-- p7 = '2026-10-03 06:00:00.000000'
-- p8 = '2026-10-03 08:00:00.000000'
-- p9 = 'USD'
-- p10 = 'OTP'
-- p11 = 'MT'
-- p12 = 501
