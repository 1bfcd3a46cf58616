select
    page.time as time,
    page.currency as currency,
    page.records as records,
    page.cost as cost,
    previous.records as previous_records,
    if(previous.is_match, previous.cost, 0) as previous_cost
from (
    select
        by_time as time,
        by_currency as currency,
        part_records as records,
        if(part_one_currency, part_cost, null) as cost
    from (
        select
            toUnixTimestamp(toDateTime(toMonday(toDate(rows.day, {p0:String})), {p0:String})) as by_time,
            rows.currency as by_currency,
            sum(rows.records) as part_records,
            min(rows.currency) = max(rows.currency) as part_one_currency,
            reinterpretAsInt128(sum(rows.cost)) as part_cost
        from anlyt.cube_cdr_daily as rows final
        where rows.tenant_id = {tenant:String}
            and rows.day >= {p2:DateTime('UTC')}
            and rows.day < {p3:DateTime('UTC')}
        group by
            by_time,
            by_currency
    )
    order by
        time asc nulls last,
        currency asc nulls last
    limit {p4:UInt64}
) as page
left join (
    select
        by_time as time,
        by_currency as currency,
        part_records as records,
        if(part_one_currency, part_cost, null) as cost,
        1 as is_match
    from (
        select
            toUnixTimestamp(toDateTime(addDays(toMonday(toDate(rows.day, {p0:String})), {p5:Int32}), {p0:String})) as by_time,
            rows.currency as by_currency,
            sum(rows.records) as part_records,
            min(rows.currency) = max(rows.currency) as part_one_currency,
            reinterpretAsInt128(sum(rows.cost)) as part_cost
        from anlyt.cube_cdr_daily as rows final
        where rows.tenant_id = {tenant:String}
            and rows.day >= {p6:DateTime('UTC')}
            and rows.day < {p2:DateTime('UTC')}
        group by
            by_time,
            by_currency
    )
) as previous on page.time <=> previous.time and page.currency <=> previous.currency
order by
    time asc nulls last,
    currency asc nulls last

-- p0 = 'UTC'
-- tenant = 't-1'
-- p2 = '2026-10-01 00:00:00'
-- p3 = '2026-11-01 00:00:00'
-- p4 = 501
-- p5 = 28
-- p6 = '2026-09-01 00:00:00'
