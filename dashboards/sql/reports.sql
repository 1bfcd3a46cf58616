-- Delivery reports of one MNO by hour, lane and status. Cubes have no prefixes: if some are chosen, the facts are read,
-- with the same figures. ClickHouse reads nothing for the branch whose condition is constantly false.
with reports as (
    select hour, lane, status, messages, max_tps, latency_digest
    from anlyt.cube_dlr_hourly final
    where $__timeFilter(hour) and mno = ${mno:singlequote} and lane in (${lane:singlequote})
        and '*' in (${prefix:singlequote})
    union all
    select
        toStartOfHour(event_time) as hour,
        lane,
        status,
        count() as messages,
        max(tps_snapshot) as max_tps,
        quantilesTDigestState(0.5, 0.95, 0.99)(latency_ms) as latency_digest
    from anlyt.facts_dlr final
    where toStartOfHour(event_time) >= $__fromTime and toStartOfHour(event_time) <= $__toTime
        and mno = ${mno:singlequote} and lane in (${lane:singlequote})
        and '*' not in (${prefix:singlequote}) and destination_prefix in (${prefix:singlequote})
    group by hour, lane, status
)
