-- The first page of a slice, in SQL written by hand.
select * from anlyt.facts_compliance final
where tenant_id = {tenant:String} and event_time >= {from:DateTime64(6, 'UTC')} and event_time < {to:DateTime64(6, 'UTC')}
order by event_time, event_key
limit {limit:UInt64}
