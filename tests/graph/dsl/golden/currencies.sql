select
    rows.currency as currency
from anlyt.cube_cdr_daily as rows final
where rows.tenant_id = {tenant:String}
    and ((rows.day >= {p1:DateTime('UTC')} and rows.day < {p2:DateTime('UTC')}) or (rows.day >= {p3:DateTime('UTC')} and rows.day < {p1:DateTime('UTC')}))
group by
    currency
limit {p4:UInt64}

-- tenant = 't-1'
-- p1 = '2026-10-01 00:00:00'
-- p2 = '2026-11-01 00:00:00'
-- p3 = '2026-09-01 00:00:00'
-- p4 = 2
