-- The final delivery reports in [start, end) by mno and direction, of all tenants, each event once; and a row of zeros
-- for a pair that had any report in the day before, as the cube knows it.
select
    mno,
    direction,
    sum(final) as final,
    sum(delivered) as delivered,
    sum(with_error) as with_error,
    max(latency_p95) as latency_p95
from (
    select
        mno,
        direction,
        countIf(status != 'PENDING') as final,
        countIf(status = 'DELIVERED') as delivered,
        countIf(status != 'PENDING' and error_code is not null) as with_error,
        -- Takes the value at floor(level * count), counted from 0: percentile_disc(0.95), but for the count of a multiple
        -- of 20, where it would be the next one. A level that is less by 1e-9 mends that for 50 million reports.
        quantileExactIf(0.949999999)(latency_ms, status != 'PENDING') as latency_p95
    from anlyt.facts_dlr final
    where event_time >= {start:DateTime('UTC')} and event_time < {end:DateTime('UTC')}
    group by mno, direction
    union all
    select distinct mno, direction, 0, 0, 0, 0
    from anlyt.cube_dlr_hourly final
    where hour >= {seen_since:DateTime('UTC')} and hour < {end:DateTime('UTC')}
)
group by mno, direction
order by mno, direction
