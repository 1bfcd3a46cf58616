-- The number of facts in a slice.
select count() from anlyt.facts_compliance final
where tenant_id = {tenant:String} and event_time >= {from:DateTime64(6, 'UTC')} and event_time < {to:DateTime64(6, 'UTC')}
