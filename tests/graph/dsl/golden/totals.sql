select
    part_records as records,
    if(part_one_currency, part_cost, null) as cost
from (
    select
        sum(rows.records) as part_records,
        min(rows.currency) = max(rows.currency) as part_one_currency,
        reinterpretAsInt128(sum(rows.cost)) as part_cost
    from anlyt.cube_cdr_daily as rows final
    where rows.tenant_id = {tenant:String}
        and rows.day >= {p1:DateTime('UTC')}
        and rows.day < {p2:DateTime('UTC')}
)

-- tenant = 't-1'
-- p1 = '2026-10-01 00:00:00'
-- p2 = '2026-11-01 00:00:00'
