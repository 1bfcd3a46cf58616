select
    sum(rows.stored) as rows_read
from (
    select
        count() as stored
    from anlyt.cube_cdr_daily as rows
    where {tenant:String} = '*'
        and rows.day >= {p1:DateTime('UTC')}
        and rows.day < {p2:DateTime('UTC')}
        and not((rows.tenant_id, rows.day) in {p3:Array(Tuple(String, DateTime('UTC')))})
    union all
    select
        count() as stored
    from anlyt.cube_cdr_hourly as rows
    where {tenant:String} = '*'
        and rows.hour >= {p1:DateTime('UTC')}
        and rows.hour < {p2:DateTime('UTC')}
        and (rows.tenant_id, toStartOfDay(rows.hour, 'UTC')) in {p3:Array(Tuple(String, DateTime('UTC')))}
        and not((rows.tenant_id, rows.hour) in {p4:Array(Tuple(String, DateTime('UTC')))})
    union all
    select
        count() as stored
    from anlyt.facts_cdr as rows
    where {tenant:String} = '*'
        and rows.event_time >= {p5:DateTime64(6, 'UTC')}
        and rows.event_time < {p6:DateTime64(6, 'UTC')}
        and rows.event_time >= {p7:DateTime64(6, 'UTC')}
        and rows.event_time < {p8:DateTime64(6, 'UTC')}
        and (rows.tenant_id, toStartOfHour(rows.event_time, 'UTC')) in {p4:Array(Tuple(String, DateTime('UTC')))}
) as rows

-- tenant = '*'
-- p1 = '2026-10-01 00:00:00'
-- p2 = '2026-11-01 00:00:00'
-- p3 = [('t-1', 1790985600), ('t-2', 1790985600)]
-- p4 = [('t-1', 1791007200), ('t-2', 1791010800)]
-- p5 = '2026-10-01 00:00:00.000000'
-- p6 = '2026-11-01 00:00:00.000000'
-- p7 = '2026-10-03 06:00:00.000000'
-- p8 = '2026-10-03 08:00:00.000000'
