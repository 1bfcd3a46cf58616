-- The newest event in each fact table (from the metadata of its parts) and in each cube.
select * from (
    select 'facts_dlr' as projection, max(event_time) as "newest event" from anlyt.facts_dlr having count() > 0
    union all
    select 'facts_cdr', max(event_time) from anlyt.facts_cdr having count() > 0
    union all
    select 'facts_compliance', max(event_time) from anlyt.facts_compliance having count() > 0
    union all
    select cube, max(newest_event_at) from anlyt.data_as_of group by (cube)
)
order by projection
