-- Final reports of one MNO with an error code, by code. Reads facts, because cubes have no codes.
select $__timeInterval(event_time) as time, assumeNotNull(error_code) as code, count() as errors
from anlyt.facts_dlr final
where $__timeFilter(event_time) and mno = ${mno:singlequote} and lane in (${lane:singlequote})
    and ('*' in (${prefix:singlequote}) or destination_prefix in (${prefix:singlequote}))
    and status != 'PENDING' and error_code is not null
group by time, code
order by time, code
