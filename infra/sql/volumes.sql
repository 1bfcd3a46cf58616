-- ClickHouse: the volumes of a storage policy; none if the server does not have it.
select volume_name from system.storage_policies where policy_name = {policy:String}
