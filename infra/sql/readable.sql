-- Nothing, or the error that reading facts or cubes would meet.
select 1 from anlyt.facts_dlr limit 0
union all select 1 from anlyt.facts_cdr limit 0
union all select 1 from anlyt.facts_compliance limit 0
union all select 1 from anlyt.cube_dlr_hourly limit 0
union all select 1 from anlyt.cube_cdr_daily limit 0
union all select 1 from anlyt.cube_compliance_hourly limit 0
