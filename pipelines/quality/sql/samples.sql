-- Counts of the final delivery reports in [start, end) by mno and direction, over all tenants, each event once. Pairs that
-- have none, but had a report in the day before according to the cube, get a row of zeros.
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
        -- quantileExact returns the value at floor(level * count), counted from 0. That is percentile_disc(0.95), except
        -- for counts that are multiples of 20, where it is the next value. A level lower by 1e-9 corrects that for up to
        -- 50 million reports.
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
