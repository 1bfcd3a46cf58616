-- MNOs in a tenant's facts of a window that have no pseudonym yet.
select distinct mno from {table:Identifier}
where tenant_id = {tenant:String}
    and event_time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC')
    and event_time < fromUnixTimestamp64Micro({to:Int64}, 'UTC')
    and mno not in {known:Array(String)}
limit 1000
