-- The 95th percentile of the merged digests of final reports; never a percentile of percentiles.
select
    $__timeInterval(hour) as time,
    lane,
    quantilesTDigestMergeIf(0.5, 0.95, 0.99)(latency_digest, status != 'PENDING')[2] as p95
from reports
group by time, lane
having sumIf(messages, status != 'PENDING') > 0
order by time, lane
