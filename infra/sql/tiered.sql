-- ClickHouse: those of some tables that have a storage policy and a TTL.
select name from system.tables
where database = 'anlyt' and name in {tables:Array(String)} and storage_policy = {policy:String}
    and position(engine_full, {ttl:String}) > 0
